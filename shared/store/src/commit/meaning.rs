//! What it means for a caller that a change was not written.

use super::Transaction;
use crate::{CommitError, client, company, item::Attributes};
use portico_domain::{CompanyId, RoleId, ServiceId};

/// What it means if the condition of an action does not hold.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    EmailTaken,
    CompanyNameTaken,
    NoSuchCompany(CompanyId),
    ServiceNameTaken,
    UnknownService(ServiceId),
    InvoiceNumberTaken,
    AlreadyAnswered,
    Stale,
    LeaseEnded,
    InternalUserEmailTaken,
    LastAdmin,
    UnknownRole(RoleId),
    RoleInUse,
    RoleNameTaken,
    ClientLimitReached(u32),
}

impl Transaction {
    /// What it means that the condition of the action at `place` does not hold,
    /// where `found` is what there is instead.
    pub(super) fn meaning(&self, place: usize, found: Option<Attributes>) -> CommitError {
        match self.meanings.get(place) {
            Some(Meaning::EmailTaken) => {
                CommitError::EmailTaken(found.and_then(client::holder_of_email))
            }
            Some(Meaning::CompanyNameTaken) => CommitError::CompanyNameTaken,
            Some(Meaning::ServiceNameTaken) => CommitError::ServiceNameTaken,
            Some(Meaning::UnknownService(id)) => CommitError::UnknownService(*id),
            Some(Meaning::InvoiceNumberTaken) => CommitError::InvoiceNumberTaken,
            Some(Meaning::InternalUserEmailTaken) => CommitError::InternalUserEmailTaken,
            Some(Meaning::LastAdmin) => CommitError::LastAdmin,
            Some(Meaning::UnknownRole(id)) => CommitError::UnknownRole(*id),
            Some(Meaning::RoleNameTaken) => CommitError::RoleNameTaken,
            Some(Meaning::RoleInUse) => CommitError::RoleInUse,
            Some(Meaning::ClientLimitReached(limit)) => CommitError::ClientLimitReached(*limit),
            Some(Meaning::AlreadyAnswered) => CommitError::AlreadyAnswered,
            Some(Meaning::NoSuchCompany(id)) => company::why_not_entered(*id, found),
            Some(Meaning::LeaseEnded) => CommitError::LeaseEnded,
            Some(Meaning::Stale) | None => CommitError::Stale,
        }
    }
}
