//! What is told of a client.

use super::ClientStatus;
use super::view::MembershipView;
use crate::{Change, Client, ClientView, CompanyId, Event, EventType, event::Recorder};
use std::collections::BTreeSet;

impl Client {
    /// Tells that the client was added, and to which companies.
    pub(crate) fn record_creation(&mut self, change: &mut Change<'_>) {
        self.record(change, |recorder, view| {
            recorder.record(EventType::ClientCreated, view)
        });
        for company_id in self.company_ids.clone() {
            self.record_membership(change, EventType::CompanyClientAdded, company_id);
        }
    }

    /// Tells which companies it has left and joined.
    pub(super) fn record_moves(&mut self, change: &mut Change<'_>, before: &Self) {
        let was: BTreeSet<CompanyId> = before.company_ids.iter().copied().collect();
        let is: BTreeSet<CompanyId> = self.company_ids.iter().copied().collect();
        for company_id in was.difference(&is) {
            self.record_membership(change, EventType::CompanyClientRemoved, *company_id);
        }
        for company_id in is.difference(&was) {
            self.record_membership(change, EventType::CompanyClientAdded, *company_id);
        }
    }

    /// Tells that its status is another one, if it is.
    pub(super) fn record_status_change(&mut self, change: &mut Change<'_>, before: ClientStatus) {
        if before == self.recorded_status() {
            return;
        }
        self.updated_at = change.moment.now;
        let before_view = self.view(before);
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::ClientStatusChanged, &before_view, view)
        });
    }

    /// Tells that it has joined or left a company.
    pub(super) fn record_membership(
        &mut self,
        change: &mut Change<'_>,
        kind: EventType,
        company_id: CompanyId,
    ) {
        let membership = MembershipView {
            object: "companyMembership",
            client_id: self.id,
            company_id,
        };
        self.record(change, |recorder, _| recorder.record(kind, &membership));
    }

    /// Tells one fact of it.
    pub(super) fn record(
        &mut self,
        change: &mut Change<'_>,
        tell: impl FnOnce(&mut Recorder<'_>, &ClientView) -> Event,
    ) {
        let view = self.view(self.recorded_status());
        let moment = change.moment;
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        change.events.push(tell(&mut recorder, &view));
    }
}
