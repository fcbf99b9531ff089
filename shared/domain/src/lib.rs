//! The rules of the client book: types, state machines, events; no I/O.
//!
//! Every rule is a function of what there is, of the time and of new ids: it
//! answers with a refusal, or notes in a [`Change`] what shall be and which
//! events tell it. The store writes a change whole or not at all.

mod access;
mod account_manager;
mod address;
mod address_mark;
mod api_key;
mod audit;
mod change;
mod chore;
mod client;
mod color;
mod company;
mod custom_field;
mod delivery;
mod endpoint;
mod event;
mod health;
mod id;
mod internal_user;
mod invalid;
mod invitation;
mod invoice;
mod lane;
mod letter;
mod link;
mod listed;
mod members;
mod near;
mod origin;
mod pace;
mod payment;
mod person;
mod picture;
mod plan;
mod rate;
mod recovery;
mod request;
mod role;
mod sample;
mod search;
mod service;
mod session;
mod settled;
mod signing;
mod tags;
mod task;
pub mod text;
mod throttle;
mod ticket;
mod time;
mod workspace;
mod wrong;

pub use access::{Actor, CompanyAccess, MAX_COMPANY_ACCESS, Permission, parse_permissions};
pub use account_manager::{MAX_ACCOUNT_MANAGERS, parse_account_managers};
pub use address::Address;
pub use address_mark::{AddressFault, AddressMark};
pub use api_key::{ApiKey, ApiKeyPatch, ApiKeyView, Scope};
pub use audit::{
    AuditEntry, AuditEntryView, AuditItem, AuditNote, RETENTION as AUDIT_RETENTION, audit_types,
    is_audit_type,
};
pub use change::{Change, Credential, Revision, WantedEmail};
pub use chore::{CHORE_PAUSE, Chore, Work};
pub use client::{
    Client, ClientDraft, ClientPatch, ClientStatus, ClientView, CreationMethod, FaultyAddress,
    GoogleRefusal, LifeRefusal, MAX_COMPANIES, MergeRefusal, OpenInvitation, ProfileView,
};
pub use color::Accent;
pub use company::{Company, CompanyPatch, CompanyRefusal, CompanyView, parse_color};
pub use custom_field::{
    CustomField, CustomFieldView, CustomValues, FieldDraft, FieldEntity, FieldOption,
    FieldOptionView, FieldPatch, FieldSet, FieldType, MAX_FIELDS, MAX_OPTIONS, MAX_OPTIONS_IN_ALL,
    OptionPatch, given_values,
};
pub use delivery::{
    Attempt, Cause, DeliveryStatus, DeliveryView, EarlierAttempts, EndpointDisabled,
    MOVED_ATTEMPTS, NumberedAttempt, RETENTION as DELIVERY_RETENTION, ShownStatus, Verdict,
    WebhookDelivery,
};
pub use endpoint::{
    Disabled, DisabledCode, Endpoint, EndpointDraft, EndpointKind, EndpointPatch, EndpointView,
    EventFilter, GivenUp, MAX_ENDPOINTS, OldSecret, Ordering, SealedHeaders, SealedSettings,
    Unsigned,
};
pub use event::{AppEvent, Event, EventName, EventType, Told};
pub use health::{EndpointHealth, Gate, Setback, Tried};
pub use id::{
    ApiKeyId, AuditEntryId, ChoreId, ClientId, CompanyId, CustomFieldId, DeliveryId, EndpointId,
    EventId, Id, IdSource, InternalUserId, InvitationId, InvoiceId, LaneId, LetterId, Moment, NoId,
    OptionId, PaymentId, RecoveryId, RequestId, RoleId, ServiceId, SessionId, TicketId,
    WorkspaceId, kind,
};
pub use internal_user::{
    InternalUser, InternalUserDraft, InternalUserPatch, InternalUserView, Joining, MemberStatus,
    TeamInvitation, TeamInvitationView,
};
pub use invalid::Invalid;
pub use invitation::{
    DeadLink, Delivery, DeliveryState, Fate, Invitation, InvitationStatus, InvitationView,
    InviteRefusal, Lifetime, MailReport, RESEND_PAUSE, RESEND_WINDOW, RESENDS_PER_WINDOW,
    lifetime_of_days,
};
pub use invoice::{
    BilledTo, Decimal, Invoice, InvoiceDraft, InvoiceNumber, InvoicePatch, InvoiceRefusal,
    InvoiceStatus, InvoiceView, LineDraft, LineItem, LineItemView, MAX_LINES, MAX_PAYMENTS,
    MAX_TOTAL, Totals, due_date, parse_currency,
};
pub use lane::{LANES, LEASE as LANE_LEASE, Lane, LaneContents, LaneTask, RungLane};
pub use letter::{Letter, MAX_ATTEMPTS as MAX_MAIL_ATTEMPTS, Matter};
pub use link::WebLink;
pub use listed::Listed;
pub use near::meant;
pub use origin::{ChangeSource, Origin};
pub use pace::{NoPace, Pace};
pub use payment::{
    FeeAmount, OnlineMethod, Payment, PaymentDraft, PaymentFields, PaymentMethod,
    PaymentPreference, PaymentStatus, PaymentView,
};
pub use person::{Door, Person};
pub use picture::Picture;
pub use plan::{EachView, Feature, LimitView, LimitsView, Plan, Used};
pub use rate::{Quota, RateLimit, micros};
pub use recovery::{
    Include, RangeRefusal, Recovery, RecoveryRunning, RecoveryStatus, RecoveryView, StopReason,
};
pub use request::{
    AskRefusal, RequestDraft, RequestStatus, RequestStep, RequestStepView, RequestView,
    ServiceRequest, StepRefusal,
};
pub use role::{CustomRole, MAX_ROLES, Role, RoleView};
pub use sample::{sample, samples};
pub use search::Search;
pub use service::{
    MAX_COMPANY_SERVICES, Service, ServiceName, ServicePatch, ServiceView, parse_services,
};
pub use session::{
    ACCESS_TOKEN_LIFETIME, Account, Holder, REFRESH_GRACE, Refresh, STAFF_IDLE_MINUTES, Session,
    SessionDraft, SessionEnd, SessionLimits, SessionView, SignInMethod, TOUCH_INTERVAL,
};
pub use settled::{
    CLOCK_TOLERANCE, COMMIT_TIMEOUT, COMMIT_WITHIN, SETTLED_AFTER, is_too_late, settled_until,
};
pub use signing::{RotationPending, SIGNING_LEAD, SigningKey, SigningKeys};
pub use tags::{MAX_TAGS, Tags};
pub use task::Task;
pub use text::{CompanyName, Email, PersonName};
pub use throttle::{Limit, Window};
pub use ticket::{DeadTicket, Ticket, TicketMail, TicketPurpose};
pub use time::Time;
pub use workspace::{ChannelType, Companies, Labels, Workspace, WorkspacePatch, WorkspaceView};
pub use wrong::wrong_field;
