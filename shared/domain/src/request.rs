//! Requests: a client asks for a service, and the business sees to it.
//!
//! A request outlives its client's archiving, its company and its service: it
//! keeps the service's name. What of it is personal goes when the client is
//! erased; that something was asked for, when, and what became of it, stays.

mod status;
mod view;

pub use status::RequestStatus;
pub use view::{RequestStepView, RequestView};

use crate::{
    Actor, Change, Client, ClientId, Company, CompanyAccess, CompanyId, CompanyName, EventType,
    InternalUserId, Invalid, Letter, RequestId, Revision, Service, ServiceId, Time, Told,
    WorkspaceId,
    event::Recorder,
    text::{block, line},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A request as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequest {
    /// Its id.
    pub id: RequestId,
    /// The workspace that is asked.
    pub workspace_id: WorkspaceId,
    /// Who asks.
    pub client_id: ClientId,
    /// For which of its companies; `None` if it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// For what.
    pub service_id: ServiceId,
    /// What that was called then.
    pub service_name: String,
    /// What it is about, in a line; empty once it was erased.
    pub title: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// How far it is.
    pub status: RequestStatus,
    /// How it came there; the first step is that it was made.
    pub history: Vec<RequestStep>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When what is personal in it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Time>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// One step of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestStep {
    /// The status from then on.
    pub status: RequestStatus,
    /// When.
    pub at: Time,
    /// Who took it.
    pub by: Actor,
    /// What the client is told with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What is asked for, checked.
#[derive(Clone, Debug)]
pub struct RequestDraft {
    /// What it is about, in a line.
    pub title: String,
    /// More about it.
    pub details: Option<String>,
}

impl RequestDraft {
    /// Checks `title` and `details`.
    pub fn new(title: &str, details: Option<&str>) -> Result<Self, Invalid> {
        let details = block("details", details.unwrap_or_default(), 5_000)?;
        Ok(Self {
            title: line("title", title, 1, 200)?,
            details: Some(details).filter(|text| !text.is_empty()),
        })
    }
}

/// Why nobody can ask for this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskRefusal {
    /// It is switched off.
    #[error("the service {0:?} is not offered at the moment")]
    ServiceInactive(String),
    /// The company is limited to others.
    #[error("the service {0:?} is not among those that {1} can ask for")]
    ServiceNotAllowed(String, String),
    /// The company is switched off.
    #[error("the company {:?} is not active; nothing can be asked for it until it is", .0.as_str())]
    CompanyInactive(CompanyName),
}

/// Why a request cannot be moved on as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// It is at its end.
    #[error("this request is {}, which is its end; make a new one", .0.name())]
    Ended(RequestStatus),
    /// There is no way from here to there.
    #[error("a request that is {} cannot become {}", .0.name(), .1.name())]
    NoWay(RequestStatus, RequestStatus),
    /// It is there already, and a note tells of a step.
    #[error("this request is {} already, and a note goes with a change of its status", .0.name())]
    NoteAlone(RequestStatus),
}

impl ServiceRequest {
    /// Asks for a service: for this company of the client's, or for the client
    /// itself. The account managers of both are told, but not whoever asks.
    pub fn ask(
        change: &mut Change<'_>,
        client: &Client,
        company: Option<&Company>,
        service: &Service,
        draft: RequestDraft,
        author: Actor,
    ) -> Result<Self, AskRefusal> {
        refuse(company, service)?;
        let now = change.moment.now;
        let mut request = Self {
            id: change.moment.id(),
            workspace_id: client.workspace_id,
            client_id: client.id,
            company_id: company.map(|company| company.id),
            service_id: service.id,
            service_name: service.name.as_str().to_owned(),
            title: draft.title,
            details: draft.details,
            status: RequestStatus::Open,
            history: Vec::new(),
            created_at: now,
            updated_at: now,
            erased_at: None,
            told: Told::default(),
            version: 0,
        };
        request.step(now, RequestStatus::Open, author, None);
        request.record(change, EventType::RequestCreated, None);
        change.based_on_services.push((service.id, service.version));
        if let Some(company) = company {
            change
                .based_on_companies
                .push((company.id, company.version));
        }
        for manager in managers(client, company, author) {
            let letter = Letter::new_request(change.moment, &request, manager);
            change.letters.push(letter);
        }
        Ok(request.save(change, None))
    }

    /// Whether somebody who is limited to these companies sees it: it was made
    /// for one of them.
    pub fn is_within(&self, access: &CompanyAccess) -> bool {
        !access.is_limited() || self.company_id.is_some_and(|id| access.covers(id))
    }

    /// Takes it to this status. The client is told, unless it did so itself.
    /// Nothing happens if it is there already.
    pub fn move_to(
        &self,
        change: &mut Change<'_>,
        status: RequestStatus,
        note: Option<String>,
    ) -> Result<Self, StepRefusal> {
        if status == self.status {
            return match note {
                Some(_) => Err(StepRefusal::NoteAlone(status)),
                None => Ok(self.clone()),
            };
        }
        if self.status.is_end() {
            return Err(StepRefusal::Ended(self.status));
        }
        if !self.status.may_become(status) {
            return Err(StepRefusal::NoWay(self.status, status));
        }
        let (author, mut after) = (change.origin.actor, self.clone());
        after.step(change.moment.now, status, author, note);
        after.record(change, EventType::RequestStatusChanged, Some(self));
        if !matches!(author, Actor::Client { .. }) {
            let letter = Letter::request_moved(change.moment, &after);
            change.letters.push(letter);
        }
        Ok(after.save(change, Some(self)))
    }

    /// Its client no longer wants it: as [`ServiceRequest::move_to`] cancelled,
    /// and the account managers of both are told.
    pub fn cancel(
        &self,
        change: &mut Change<'_>,
        client: &Client,
        company: Option<&Company>,
    ) -> Result<Self, StepRefusal> {
        let after = self.move_to(change, RequestStatus::Cancelled, None)?;
        if after.version != self.version {
            for manager in managers(client, company, change.origin.actor) {
                let letter = Letter::cancelled_request(change.moment, &after, manager);
                change.letters.push(letter);
            }
        }
        Ok(after)
    }

    /// Erases what is personal in it. What is not at its end ends: nobody is
    /// left to see to it for.
    pub fn erase(&self, change: &mut Change<'_>) -> Self {
        let mut before = self.clone();
        before.title.clear();
        before.details = None;
        for step in &mut before.history {
            step.note = None;
        }
        before.erased_at = Some(change.moment.now);
        let mut after = before.clone();
        after.updated_at = change.moment.now;
        if !self.status.is_end() {
            let author = change.origin.actor;
            after.step(change.moment.now, RequestStatus::Cancelled, author, None);
            after.record(change, EventType::RequestStatusChanged, Some(&before));
        }
        after.save(change, Some(self))
    }

    fn step(&mut self, at: Time, status: RequestStatus, by: Actor, note: Option<String>) {
        self.status = status;
        self.updated_at = at;
        self.history.push(RequestStep {
            status,
            at,
            by,
            note,
        });
    }

    fn save(mut self, change: &mut Change<'_>, before: Option<&Self>) -> Self {
        self.version += 1;
        change.requests.push(Revision {
            before: before.cloned(),
            after: self.clone(),
        });
        self
    }

    fn record(&mut self, change: &mut Change<'_>, kind: EventType, before: Option<&Self>) {
        let (moment, view) = (change.moment, self.view());
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        let event = match before {
            None => recorder.record(kind, &view),
            Some(before) => recorder.record_change(kind, &before.view(), &view),
        };
        change.events.push(event);
    }
}

/// Refuses what cannot be asked for at the moment.
fn refuse(company: Option<&Company>, service: &Service) -> Result<(), AskRefusal> {
    let name = || service.name.as_str().to_owned();
    if let Some(company) = company {
        if !company.is_active {
            return Err(AskRefusal::CompanyInactive(company.name.clone()));
        }
        if !company.offers(service.id) {
            let whose = company.name.as_str().to_owned();
            return Err(AskRefusal::ServiceNotAllowed(name(), whose));
        }
    }
    if !service.is_active {
        return Err(AskRefusal::ServiceInactive(name()));
    }
    Ok(())
}

/// Who is told of a new request, or that it is cancelled.
fn managers(client: &Client, company: Option<&Company>, author: Actor) -> BTreeSet<InternalUserId> {
    let of_company = company
        .iter()
        .flat_map(|company| &company.account_manager_ids);
    let all = of_company.chain(&client.account_manager_ids).copied();
    all.filter(|id| author != Actor::InternalUser { id: *id })
        .collect()
}

#[cfg(test)]
mod tests;
