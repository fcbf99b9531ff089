//! HTTP: routes, callers, problems, pages, the OpenAPI document.
//!
//! The only crate that knows a status code. An API Gateway event comes in at
//! [`serve`], becomes a [`Request`], is handled by a function's five beats
//! (admit, read, decide, store, answer) and leaves as an API Gateway answer.
//! Whatever goes wrong leaves as a [`Problem`].

mod batch;
mod body;
mod caller;
mod commit;
mod custom_fields;
mod etag;
mod function;
mod idempotency;
mod openapi;
mod page;
mod paging;
mod problem;
mod request;
mod response;
mod retry;
mod route;
mod serve;

pub use batch::{BatchItem, BatchView, MAX_BATCH, batch};
pub use body::{body, body_or_default, given};
pub use caller::{Caller, PortalCaller, admit, admit_client};
pub use custom_fields::custom_values;
pub use function::{Body, Function, Operation, Parameter, picture, schema};
pub use openapi::openapi;
pub use page::{document_page, page};
pub use paging::{ListView, Paging};
pub use problem::{Problem, ProblemView};
pub use request::Request;
pub use response::{Deletion, Response, created, document, immutable, ok, session_cookie};
pub use retry::retry_stale;
pub use route::{Access, Method, Route};
pub use serve::{refuse, serve};
