//! What can go wrong at the table.

use crate::item::Attributes;
use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::error::TransactionCanceledException,
};
use portico_domain::{ClientId, CompanyId, CompanyName, EventName, RoleId, ServiceId};
use std::error::Error as StdError;

type Source = Box<dyn StdError + Send + Sync>;

/// The table could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is asked too much at the moment; the same request may succeed soon.
    #[error("the table is too busy")]
    Busy(#[source] Source),
    /// It cannot be reached, refuses the caller, or failed.
    #[error("failed to reach the table")]
    Unavailable(#[source] Source),
    /// An item is not what this version of the code writes or reads.
    #[error("failed to read an item as {entity}")]
    Corrupt {
        /// What it should have been.
        entity: &'static str,
        /// What is wrong with it.
        source: Source,
    },
}

/// Why a change was not written; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another client of the workspace has the address: this one, if that is
    /// known.
    #[error("the e-mail address belongs to another client")]
    EmailTaken(Option<ClientId>),
    /// Another company of the workspace has the name.
    #[error("the name belongs to another company")]
    CompanyNameTaken,
    /// The workspace has no such company, or it is being deleted.
    #[error("there is no company {0}")]
    UnknownCompany(CompanyId),
    /// Another service of the workspace has the name.
    #[error("the name belongs to another service")]
    ServiceNameTaken,
    /// The workspace has no such service.
    #[error("there is no service {0}")]
    UnknownService(ServiceId),
    /// Another invoice of the workspace has the number.
    #[error("the number belongs to another invoice")]
    InvoiceNumberTaken,
    /// The company takes no clients at the moment.
    #[error("the company {0} is not active")]
    InactiveCompany(CompanyId, CompanyName),
    /// The company only stands in for "no company" for one client.
    #[error("the company {0} is a placeholder")]
    PlaceholderCompany(CompanyId),
    /// Somebody else changed the same thing since it was read: read it again
    /// and decide anew.
    #[error("it was changed at the same time by somebody else")]
    Stale,
    /// Another internal user of the workspace has the address.
    #[error("the e-mail address belongs to another internal user")]
    InternalUserEmailTaken,
    /// Nobody would be left who may do everything and can come in.
    #[error("the workspace would have no admin who can come in")]
    LastAdmin,
    /// The workspace has no such role.
    #[error("there is no role {0}")]
    UnknownRole(RoleId),
    /// The workspace has as many clients as its plan allows.
    #[error("the workspace may have {0} clients, and has them")]
    ClientLimitReached(u32),
    /// Another role of the workspace has the name.
    #[error("the name belongs to another role")]
    RoleNameTaken,
    /// Somebody has the role that is to be deleted.
    #[error("the role is in use")]
    RoleInUse,
    /// It was decided too long ago to be written: decide anew.
    #[error("the change was decided too long ago")]
    Late,
    /// A request with the same idempotency key has been answered.
    #[error("a request with this idempotency key has been answered")]
    AlreadyAnswered,
    /// The lease under which it was to be written is another's by now, who
    /// writes instead.
    #[error("the lease has ended")]
    LeaseEnded,
    /// It has more parts than one transaction can have.
    #[error("the change has {0} parts, more than one transaction can have")]
    TooLarge(usize),
    /// The event that tells of it would have more bytes than
    /// [`MAX_EVENT_LENGTH`](crate::MAX_EVENT_LENGTH).
    #[error("the event {0} has {1} bytes, more than receivers take")]
    EventTooLarge(EventName, usize),
    /// The table could not answer.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Error {
    pub(crate) fn corrupt(entity: &'static str, source: impl Into<Source>) -> Self {
        Self::Corrupt {
            entity,
            source: source.into(),
        }
    }
}

/// Codes with which DynamoDB says that it is asked too much.
const BUSY: [&str; 6] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "ThrottlingError",
];

impl<E> From<SdkError<E>> for Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        if error.code().is_some_and(|code| BUSY.contains(&code)) {
            Self::Busy(Box::new(error))
        } else {
            Self::Unavailable(Box::new(error))
        }
    }
}

/// Reasons for which a transaction is cancelled when too much is asked.
const THROTTLED: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

/// What the reasons of a cancelled transaction come down to.
pub(crate) enum Cancelled {
    /// The condition of the action at this place does not hold; with the item
    /// that was found instead, if the action asks for it.
    Condition(usize, Option<Attributes>),
    /// The table is asked too much: the same transaction may succeed later.
    Throttled,
    /// Another transaction was at work on the same items: the same one may
    /// succeed in a moment.
    Conflict,
    /// Something else.
    Other,
}

pub(crate) fn cancelled(error: &TransactionCanceledException) -> Cancelled {
    let codes = || {
        error
            .cancellation_reasons()
            .iter()
            .map(|reason| reason.code())
    };
    if let Some(place) = codes().position(|code| code == Some("ConditionalCheckFailed")) {
        let found = error.cancellation_reasons().get(place);
        return Cancelled::Condition(place, found.and_then(|reason| reason.item.clone()));
    }
    if codes().any(|code| code.is_some_and(|code| THROTTLED.contains(&code))) {
        return Cancelled::Throttled;
    }
    if codes().any(|code| code == Some("TransactionConflict")) {
        return Cancelled::Conflict;
    }
    Cancelled::Other
}

/// What an answer holds; `None` if the condition of the request did not.
pub(crate) fn unless_condition_fails<T, E>(
    result: Result<T, SdkError<E>>,
) -> Result<Option<T>, Error>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(error.into()),
    }
}
