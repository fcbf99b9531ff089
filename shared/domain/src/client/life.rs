//! How clients go, come back, and become one.

use super::{Client, MAX_COMPANIES};
use crate::{
    AddressMark, AuditNote, Change, ClientId, CompanyId, CustomValues, Email, EventType, FieldSet,
    Invalid, Invitation, MAX_ACCOUNT_MANAGERS, MAX_TAGS, PersonName, Tags, Work,
};
use std::collections::BTreeSet;

/// Why a client cannot be archived, restored or purged as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifeRefusal {
    /// It is here.
    #[error("this client is not archived")]
    NotArchived,
    /// It is another one by now.
    #[error("this client was merged into the client {0}, which its id leads to; use that id")]
    Merged(ClientId),
    /// Nothing is left of it.
    #[error("this client was erased for good")]
    Purged,
}

/// Why two clients cannot become one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefusal {
    /// It is one already.
    #[error("a client cannot be merged into itself")]
    Itself,
    /// Whoever signs in now could not any more.
    #[error(
        "this client can sign in and the one in `into` cannot, so its account would end; merge them the other way round, or say endAccount true"
    )]
    AccountEnds,
    /// Together they have more than one client can have.
    #[error(transparent)]
    TooMany(#[from] Invalid),
}

impl Client {
    /// Archives the client: gone from lists and from the API, its history
    /// kept, its address free to be used again, its open invitation closed.
    pub fn archive(&mut self, change: &mut Change<'_>, open: Option<&Invitation>) {
        if let Some(open) = open {
            open.close(change, self);
        }
        self.archived_at = Some(change.moment.now);
        // A client that is restored signs in anew.
        self.end_sessions();
        self.updated_at = change.moment.now;
        self.record(change, |recorder, view| {
            recorder.record(EventType::ClientArchived, view)
        });
        self.record(change, |recorder, view| {
            recorder.record(EventType::ClientDeleted, view)
        });
    }

    /// Brings an archived client back as it was: in those of its companies that
    /// there still are, with the values of those fields that there still are.
    /// What is known against its address is what the mark says: reports that came
    /// meanwhile found nobody. Whether the address is still free only the table
    /// knows.
    pub fn restore(
        &mut self,
        change: &mut Change<'_>,
        companies: &[CompanyId],
        fields: &FieldSet,
        mark: Option<&AddressMark>,
    ) -> Result<(), LifeRefusal> {
        self.refuse_unless_archived()?;
        self.archived_at = None;
        self.know_address(mark);
        self.updated_at = change.moment.now;
        let left = self.company_ids.iter().copied();
        let left = left.filter(|id| companies.contains(id)).collect();
        // Its placeholder, if it had one, went with it.
        self.placeholder_id = None;
        self.move_to(left, change.moment);
        self.custom_fields = self.custom_fields.of_fields(fields);
        self.record(change, |recorder, view| {
            recorder.record(EventType::ClientRestored, view)
        });
        Ok(())
    }

    /// Erases the client for good. What is left is an id that leads nowhere,
    /// and what else there is about it is erased afterwards.
    pub fn purge(
        &mut self,
        change: &mut Change<'_>,
        open: Option<&Invitation>,
    ) -> Result<(), LifeRefusal> {
        match self.refuse_unless_archived() {
            Ok(()) => {}
            Err(LifeRefusal::NotArchived) => {
                if let Some(open) = open {
                    open.close(change, self);
                }
                self.archived_at = Some(change.moment.now);
                self.end_sessions();
            }
            Err(other) => return Err(other),
        }
        let now = change.moment.now;
        let mut clients = vec![self.id];
        clients.append(&mut self.merged_ids);
        change.leave_to_do(self.workspace_id, Work::Erase { clients });
        change.drop_picture(self.workspace_id, self.avatar.as_ref());
        *self = self.anonymous();
        self.purged_at = Some(now);
        self.updated_at = now;
        self.record(change, |recorder, view| {
            recorder.record(EventType::ClientDeleted, view)
        });
        Ok(())
    }

    /// The client without anything that says who it was.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            name: PersonName {
                given_name: String::new(),
                family_name: String::new(),
            },
            email: Email::nobody(),
            pending_email: None,
            company_ids: Vec::new(),
            placeholder_id: None,
            position: None,
            phone: None,
            account_manager_ids: Vec::new(),
            tags: Tags::default(),
            custom_fields: CustomValues::default(),
            avatar: None,
            open_invitation: None,
            activated_at: None,
            last_login_at: None,
            last_activity_at: None,
            is_address_proven: false,
            google_subject: None,
            ..self.clone()
        }
    }

    /// Merges a duplicate into this client. What this one has stays; what it
    /// lacks comes from the duplicate; companies, tags and account managers are
    /// united. The duplicate's id, and all that lead to it, lead here. What it
    /// signs in with does not, so the only account of the two ends only if that
    /// is meant.
    pub fn absorb(
        &mut self,
        change: &mut Change<'_>,
        duplicate: &mut Self,
        open: Option<&Invitation>,
        may_end_account: bool,
    ) -> Result<(), MergeRefusal> {
        if self.id == duplicate.id {
            return Err(MergeRefusal::Itself);
        }
        if duplicate.can_sign_in() && !self.can_sign_in() && !may_end_account {
            return Err(MergeRefusal::AccountEnds);
        }
        let before = self.view(self.recorded_status());
        if let Some(open) = open {
            open.close(change, duplicate);
        }
        self.unite(change, duplicate)?;
        for id in &duplicate.merged_ids {
            change.repointed.push((*id, duplicate.id, self.id));
        }
        self.merged_ids.push(duplicate.id);
        self.merged_ids.append(&mut duplicate.merged_ids);
        duplicate.merged_into = Some(self.id);
        duplicate.archived_at = Some(change.moment.now);
        duplicate.updated_at = change.moment.now;
        self.updated_at = change.moment.now;
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::ClientMerged, &before, view)
        });
        // Programs for the compatible API know the duplicate by its own id.
        duplicate.record(change, |recorder, view| {
            recorder.record(EventType::ClientDeleted, view)
        });
        // What came of it is told by the survivor's event; the log is also read by
        // the other id.
        change.note(AuditNote::new("client.merged", "client", &duplicate.id));
        Ok(())
    }

    fn unite(&mut self, change: &Change<'_>, other: &Self) -> Result<(), Invalid> {
        let company_ids = united(&self.company_ids, &other.company_ids);
        let managers = united(&self.account_manager_ids, &other.account_manager_ids);
        let tags = self.tags.united(&other.tags);
        for (field, count, limit) in [
            ("companyIds", company_ids.len(), MAX_COMPANIES),
            ("accountManagerIds", managers.len(), MAX_ACCOUNT_MANAGERS),
            ("tags", tags.as_slice().len(), MAX_TAGS),
        ] {
            if count > limit {
                let message = format!(
                    "together they have {count} {field}; the limit is {limit}. Take some away first"
                );
                return Err(Invalid::new(field, "too_many_together", message));
            }
        }
        self.move_to(company_ids, change.moment);
        self.account_manager_ids = managers;
        self.tags = tags;
        let or = |own: &mut Option<String>, other: &Option<String>| {
            if own.is_none() {
                own.clone_from(other);
            }
        };
        or(&mut self.position, &other.position);
        or(&mut self.phone, &other.phone);
        if self.avatar.is_none() {
            self.avatar.clone_from(&other.avatar);
        }
        let mut values = other.custom_fields.clone();
        values.merge(std::mem::take(&mut self.custom_fields));
        self.custom_fields = values;
        self.custom_fields.refuse_too_many()?;
        self.last_activity_at = self.last_activity_at.max(other.last_activity_at);
        Ok(())
    }

    /// Refuses one that is here no more under its own id.
    pub fn refuse_merged(&self) -> Result<(), LifeRefusal> {
        match self.merged_into.filter(|_| self.purged_at.is_none()) {
            Some(survivor) => Err(LifeRefusal::Merged(survivor)),
            None => Ok(()),
        }
    }

    fn refuse_unless_archived(&self) -> Result<(), LifeRefusal> {
        if self.purged_at.is_some() {
            Err(LifeRefusal::Purged)
        } else if let Some(survivor) = self.merged_into {
            Err(LifeRefusal::Merged(survivor))
        } else if self.archived_at.is_none() {
            Err(LifeRefusal::NotArchived)
        } else {
            Ok(())
        }
    }
}

/// All of `own`, then those of `other` that are not among them.
fn united<T: Copy + Ord>(own: &[T], other: &[T]) -> Vec<T> {
    let mut seen = BTreeSet::new();
    let all = own.iter().chain(other).copied();
    all.filter(|id| seen.insert(*id)).collect()
}
