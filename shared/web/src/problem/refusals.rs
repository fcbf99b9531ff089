//! What the layers below refuse, as problems: one match for each of their
//! errors, without a wildcard.

use super::Problem;
use portico_app::MediaError;
use portico_domain::{
    AskRefusal, ClientId, CompanyRefusal, DeadLink, DeadTicket, EndpointDisabled, GoogleRefusal,
    Invalid, InviteRefusal, InvoiceRefusal, LifeRefusal, MAX_ENDPOINTS, MAX_PAYMENTS, MergeRefusal,
    RecoveryRunning, StepRefusal, Unsigned,
};
use portico_files::{FileError, picture::PictureError};
use portico_google::GoogleError;
use portico_keys::{NoRandomness, SignError, password::HashError};
use portico_store::{CommitError, EndpointLimit, Error, MAX_EVENT_LENGTH};
use portico_webhook::TargetError;
use serde_json::json as value;
use std::time::Duration;

impl From<Invalid> for Problem {
    fn from(
        Invalid {
            field,
            code,
            message,
        }: Invalid,
    ) -> Self {
        Self::new(400, code, message).with("field", field)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match &error {
            Error::Busy(_) => {
                let mut problem = Self::broken(
                    503,
                    "busy",
                    "too much is going on; try again in a moment",
                    &error,
                );
                problem.retry_after = Some(Duration::from_secs(1));
                problem
            }
            Error::Unavailable(_) => Self::broken(
                503,
                "unavailable",
                "the data cannot be reached; try again later",
                &error,
            ),
            Error::Corrupt { .. } => {
                tracing::error!(?error, "an item could not be read");
                Self::internal()
            }
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::EmailTaken(_) => Self::new(
                409,
                "email_taken",
                "another client of this workspace has this e-mail address",
            )
            .with("field", "email"),
            CommitError::CompanyNameTaken => Self::new(
                409,
                "company_name_taken",
                "another company of this workspace has this name",
            )
            .with("field", "name"),
            CommitError::UnknownCompany(id) => Self::new(
                400,
                "company_unknown",
                format!("there is no company {id} in this workspace"),
            )
            .with("field", "companyIds"),
            CommitError::ServiceNameTaken => Self::new(
                409,
                "service_name_taken",
                "another service of this workspace has this name",
            )
            .with("field", "name"),
            CommitError::UnknownService(id) => Self::new(
                400,
                "service_unknown",
                format!("there is no service {id} in this workspace"),
            )
            .with("field", "serviceIds"),
            CommitError::InvoiceNumberTaken => Self::invoice_number_taken(),
            CommitError::InternalUserEmailTaken => Self::new(
                409,
                "email_taken",
                "another internal user of this workspace has this e-mail address",
            )
            .with("field", "email"),
            CommitError::LastAdmin => Self::new(
                409,
                "last_admin",
                "the workspace would have no admin left who can come in: first another admin has to set up an account (to be invited is not enough), or to have an API key that allows everything and has no end",
            ),
            CommitError::UnknownRole(id) => Self::new(
                400,
                "role_unknown",
                format!("there is no role {id} in this workspace"),
            )
            .with("field", "role"),
            CommitError::RoleNameTaken => Self::role_name_taken(),
            CommitError::RoleInUse => Self::new(
                409,
                "role_in_use",
                "internal users have this role; give them another one first",
            ),
            CommitError::ClientLimitReached(limit) => {
                let message = format!(
                    "the plan of this workspace allows {limit} clients, and there are as many; archive one, or ask for another plan"
                );
                Self::new(403, "limit_reached", message)
                    .with("limit", limit)
                    .with("resource", "clients")
            }
            CommitError::AlreadyAnswered => Self::idempotency_key_in_use(),
            CommitError::InactiveCompany(id, name) => Self::new(
                409,
                "company_inactive",
                format!(
                    "the company {:?} is not active; nobody can be assigned to, invited or moved into it until it is",
                    name.as_str()
                ),
            )
            .with("field", "companyIds")
            .with("companyId", value!(id)),
            CommitError::PlaceholderCompany(id) => Self::new(
                409,
                "company_is_placeholder",
                format!(
                    "the company {id} only stands in for \"no company\" for one client; leave the field out, or empty for no company"
                ),
            )
            .with("field", "companyIds")
            .with("companyId", value!(id)),
            // No handler works under a lease.
            CommitError::LeaseEnded => Self::internal(),
            CommitError::Stale => Self::stale(),
            CommitError::Late => Self::late(),
            CommitError::TooLarge(parts) => {
                let message = format!(
                    "this changes {parts} things at once, more than the 100 that can be changed together; do it in steps"
                );
                Self::new(400, "change_too_large", message).with("limit", 100)
            }
            CommitError::EventTooLarge(kind, length) => {
                let message = format!(
                    "the event {kind} that tells of this would have {length} bytes; the limit is {MAX_EVENT_LENGTH}. Make the fields shorter"
                );
                Self::new(400, "event_too_large", message).with("limit", MAX_EVENT_LENGTH)
            }
            CommitError::Failed(error) => error.into(),
        }
    }
}

impl From<AskRefusal> for Problem {
    fn from(refusal: AskRefusal) -> Self {
        let message = refusal.to_string();
        let (code, field) = match refusal {
            AskRefusal::ServiceInactive(_) => ("service_inactive", "serviceId"),
            AskRefusal::ServiceNotAllowed(..) => ("service_not_allowed", "serviceId"),
            AskRefusal::CompanyInactive(_) => ("company_inactive", "companyId"),
        };
        Self::new(409, code, message).with("field", field)
    }
}

impl From<StepRefusal> for Problem {
    fn from(refusal: StepRefusal) -> Self {
        let message = refusal.to_string();
        let (code, field) = match refusal {
            StepRefusal::Ended(_) => ("request_ended", "status"),
            StepRefusal::NoWay(..) => ("request_status_refused", "status"),
            StepRefusal::NoteAlone(_) => ("request_status_unchanged", "note"),
        };
        Self::new(409, code, message).with("field", field)
    }
}

impl From<InvoiceRefusal> for Problem {
    fn from(refusal: InvoiceRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            InvoiceRefusal::NotOpen(status) => {
                Self::new(409, "invoice_not_open", message).with("status", status.name())
            }
            InvoiceRefusal::PaidInPart(paid) => {
                Self::new(409, "invoice_paid_in_part", message).with("amountPaid", paid)
            }
            InvoiceRefusal::TooMuch(left) => Self::new(409, "payment_exceeds_invoice", message)
                .with("field", "amount")
                .with("amountDue", left),
            InvoiceRefusal::TooManyPayments => {
                Self::new(409, "too_many_payments", message).with("limit", MAX_PAYMENTS)
            }
        }
    }
}

impl From<InviteRefusal> for Problem {
    fn from(refusal: InviteRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            InviteRefusal::AlreadyActive => Self::new(409, "client_active", message),
            InviteRefusal::MemberAlreadyActive => Self::new(409, "internal_user_active", message),
            InviteRefusal::NoneOpen => Self::new(409, "invitation_not_open", message),
            InviteRefusal::AlreadyOpen(id) => {
                Self::new(409, "invitation_open", message).with("invitationId", value!(id))
            }
            InviteRefusal::Complained => Self::new(409, "recipient_complained", message),
            InviteRefusal::NotPending(_) => Self::new(409, "invitation_not_pending", message),
            InviteRefusal::TooSoon(wait) => {
                let mut problem = Self::new(429, "resend_too_soon", message);
                problem.retry_after = Some(wait);
                problem
            }
        }
    }
}

impl From<DeadLink> for Problem {
    fn from(dead: DeadLink) -> Self {
        let code = match dead {
            DeadLink::Accepted => "invitation_accepted",
            DeadLink::Cancelled => "invitation_cancelled",
            DeadLink::Expired => "invitation_expired",
            DeadLink::Superseded => "invitation_superseded",
        };
        Self::new(410, code, dead.to_string())
    }
}

impl Problem {
    /// The same, with the client whom it is about.
    pub(crate) fn of_client(self, id: ClientId) -> Self {
        self.with("clientId", value!(id))
    }

    fn invoice_number_taken() -> Self {
        let message = "another invoice of this workspace has this number";
        Self::new(409, "invoice_number_taken", message).with("field", "number")
    }

    /// Whether a link that is good once works no more.
    pub fn is_dead_ticket(&self) -> bool {
        matches!(self.code(), LINK_USED | LINK_EXPIRED)
    }
}

const LINK_USED: &str = "link_used";
const LINK_EXPIRED: &str = "link_expired";

impl From<DeadTicket> for Problem {
    fn from(dead: DeadTicket) -> Self {
        let code = match dead {
            DeadTicket::Used => LINK_USED,
            DeadTicket::Expired => LINK_EXPIRED,
        };
        Self::new(410, code, dead.to_string())
    }
}

impl From<GoogleRefusal> for Problem {
    fn from(refusal: GoogleRefusal) -> Self {
        let code = match refusal {
            GoogleRefusal::Unproven => "google_unproven",
            GoogleRefusal::OtherAccount => "google_other_account",
        };
        Self::new(403, code, refusal.to_string())
    }
}

impl From<GoogleError> for Problem {
    fn from(error: GoogleError) -> Self {
        let message = error.to_string();
        match error {
            GoogleError::Unreachable(cause) => {
                Self::broken(502, "google_unreachable", &message, cause.as_ref())
            }
            GoogleError::Refused => Self::new(401, "google_refused", message),
            GoogleError::Unbelievable(cause) => {
                Self::broken(401, "google_unbelievable", &message, cause.as_ref())
            }
            GoogleError::Unverified => Self::new(403, "google_unverified", message),
            GoogleError::NoRandomness(error) => error.into(),
        }
    }
}

impl From<CompanyRefusal> for Problem {
    fn from(refusal: CompanyRefusal) -> Self {
        match refusal {
            CompanyRefusal::Placeholder | CompanyRefusal::PlaceholderTakesNobody => {
                Self::new(409, "company_is_placeholder", refusal.to_string())
            }
        }
    }
}

impl From<LifeRefusal> for Problem {
    fn from(refusal: LifeRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            LifeRefusal::NotArchived => Self::new(409, "client_not_archived", message),
            LifeRefusal::Merged(into) => {
                Self::new(409, "client_merged", message).with("mergedInto", value!(into))
            }
            LifeRefusal::Purged => Self::new(409, "client_purged", message),
        }
    }
}

impl From<MergeRefusal> for Problem {
    fn from(refusal: MergeRefusal) -> Self {
        match refusal {
            MergeRefusal::Itself => {
                Self::new(400, "client_same", refusal.to_string()).with("field", "into")
            }
            MergeRefusal::AccountEnds => {
                Self::new(409, "account_ends", refusal.to_string()).with("field", "endAccount")
            }
            MergeRefusal::TooMany(invalid) => invalid.into(),
        }
    }
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Picture(refusal) => {
                let code = match &refusal {
                    PictureError::OtherKind => "picture_unsupported",
                    PictureError::TooLarge(..) => "picture_too_large",
                    PictureError::Damaged(_) => "picture_damaged",
                };
                Invalid::new("body", code, refusal.to_string()).into()
            }
            MediaError::File(error) => error.into(),
            MediaError::NoRandomness(error) => error.into(),
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        let message = "the files cannot be reached; try again later";
        Self::broken(503, "unavailable", message, &error)
    }
}

impl From<TargetError> for Problem {
    fn from(error: TargetError) -> Self {
        Invalid::new("url", "url_refused", error.to_string()).into()
    }
}

impl From<EndpointDisabled> for Problem {
    fn from(disabled: EndpointDisabled) -> Self {
        Self::new(409, "endpoint_disabled", disabled.to_string())
    }
}

impl From<RecoveryRunning> for Problem {
    fn from(refusal: RecoveryRunning) -> Self {
        let RecoveryRunning(id) = refusal;
        Self::new(409, "recovery_running", refusal.to_string()).with("recoveryId", value!(id))
    }
}

impl From<Unsigned> for Problem {
    fn from(unsigned: Unsigned) -> Self {
        Self::new(409, "endpoint_has_no_secret", unsigned.to_string())
    }
}

impl From<EndpointLimit> for Problem {
    fn from(EndpointLimit: EndpointLimit) -> Self {
        let message =
            format!("a workspace has at most {MAX_ENDPOINTS} webhook endpoints; delete one first");
        Self::new(403, "endpoint_limit_reached", message).with("limit", MAX_ENDPOINTS)
    }
}

impl From<NoRandomness> for Problem {
    fn from(error: NoRandomness) -> Self {
        tracing::error!(%error, "a secret could not be made");
        Self::internal()
    }
}

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
        tracing::error!(?error, "an access token could not be signed");
        Self::internal()
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        tracing::error!(?error, "a password could not be hashed");
        Self::internal()
    }
}
