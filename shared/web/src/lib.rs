//! HTTP: routes, callers, problems, pages, the OpenAPI document.
//!
//! The only crate that knows a status code. An API Gateway event comes in at
//! [`serve`], becomes a [`Request`], is handled by a function's five beats
//! (admit, read, decide, store, answer) and leaves as an API Gateway answer.
//! Whatever goes wrong leaves as a [`Problem`].

mod asking;
mod audit_page;
mod batch;
mod body;
mod caller;
mod commit;
mod complained;
mod custom_fields;
mod device;
mod etag;
mod form;
mod function;
mod idempotency;
mod managers;
mod openapi;
mod page;
mod paging;
mod problem;
mod problem_page;
mod request;
mod response;
mod retry;
mod route;
mod serve;
mod session;
mod throttle;
mod unread;

pub use asking::{Ask, ask, company_of};
pub use audit_page::{AUDIT_FILTERS, audit_page};
pub use batch::{BatchItem, BatchView, MAX_BATCH, batch};
pub use body::{body, body_or_default, filled, given};
pub use caller::{Caller, admit};
pub use commit::{commit_for_outsider, commit_within_limit, refuse_if_full};
pub use complained::refuse_if_complained;
pub use custom_fields::{changed_values, custom_values};
pub use device::{Device, device_at};
pub use form::{FormToken, form_token, refuse_forged_form, refuse_forgery};
pub use function::{Body, Function, Operation, Parameter, picture, schema};
pub use managers::check_account_managers;
pub use openapi::openapi;
pub use page::{Brand, branded_page, document_page, page};
pub use paging::{ListView, Paging};
pub use problem::{Problem, ProblemView};
pub use request::Request;
pub use response::{Deletion, Response, created, document, immutable, ok, see_other};
pub use retry::{retry_crowded, retry_stale};
pub use route::{Access, Method, Route};
pub use serve::{refuse, serve};
pub use session::{
    PortalCaller, Proven, SignedInCaller, Tokens, admit_client, admit_person, begin_session,
    begin_session_of, change_by, cookie, door, forget_session, portal_url, session_cookie,
    sign_in_instead, sign_in_page, signed_in, tokens,
};
pub use throttle::{
    Tries, count_mail, count_mail_on, count_own_password_try, count_password_try, count_request,
};
