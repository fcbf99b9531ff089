//! What a change is about: whose it is, whom it counts, whom it lets in where.

use super::{Change, Revision};
use crate::{Client, CompanyId, WorkspaceId};
use std::collections::BTreeSet;

impl Change<'_> {
    /// How many more clients are counted after it than before.
    pub fn clients_counted(&self) -> i64 {
        let counted = |client: &Client| i64::from(client.is_counted);
        let each = self
            .clients
            .iter()
            .map(|Revision { before, after }| counted(after) - before.as_ref().map_or(0, counted));
        each.sum()
    }

    /// Whether everything in it belongs to this workspace.
    pub fn belongs_to(&self, workspace: WorkspaceId) -> bool {
        let clients = self
            .clients
            .iter()
            .map(|revision| revision.after.workspace_id);
        let companies = self
            .companies
            .iter()
            .map(|revision| revision.after.workspace_id);
        let invitations = self
            .invitations
            .iter()
            .map(|revision| revision.after.workspace_id);
        let internal_users = self
            .internal_users
            .iter()
            .map(|revision| revision.after.workspace_id);
        let api_keys = self
            .api_keys
            .iter()
            .map(|revision| revision.after.workspace_id);
        let roles = self.roles.iter().map(|revision| &revision.after);
        let roles = roles
            .chain(&self.deleted_roles)
            .map(|role| role.workspace_id);
        let services = self.services.iter().map(|revision| &revision.after);
        let services = services
            .chain(&self.deleted_services)
            .map(|service| service.workspace_id);
        let requests = self
            .requests
            .iter()
            .map(|revision| revision.after.workspace_id);
        let invoices = self
            .invoices
            .iter()
            .map(|revision| revision.after.workspace_id);
        let payments = self
            .payments
            .iter()
            .map(|revision| revision.after.workspace_id);
        let endpoints = self.endpoints.iter().map(|revision| &revision.after);
        let endpoints = endpoints.chain(&self.deleted_endpoints);
        let itself = self.workspace.iter().map(|revision| revision.after.id);
        let tickets = self
            .tickets
            .iter()
            .map(|revision| revision.after.workspace_id);
        let sets = self
            .field_sets
            .iter()
            .map(|revision| revision.after.workspace_id);
        let chores = self.chores.iter().map(|chore| chore.workspace_id);
        let letters = self.letters.iter().chain(&self.postponed_letters);
        itself
            .chain(sets)
            .chain(chores)
            .chain(clients)
            .chain(companies)
            .chain(invitations)
            .chain(internal_users)
            .chain(api_keys)
            .chain(roles)
            .chain(services)
            .chain(requests)
            .chain(invoices)
            .chain(payments)
            .chain(endpoints.map(|endpoint| endpoint.workspace_id))
            .chain(self.deliveries.iter().map(|delivery| delivery.workspace_id))
            .chain(self.recoveries.iter().map(|recovery| recovery.workspace_id))
            .chain(tickets)
            .chain(
                self.marks
                    .iter()
                    .map(|revision| revision.after.workspace_id),
            )
            .chain(self.rung_endpoints.iter().map(|(workspace, _)| *workspace))
            .chain(letters.map(|letter| letter.workspace_id))
            .chain(
                self.session
                    .iter()
                    .chain(&self.ended_session)
                    .map(|session| session.workspace_id),
            )
            .chain(self.events.iter().map(|event| event.workspace_id))
            .all(|id| id == workspace)
    }

    /// The companies, other than those that are changed too, that a client
    /// joins or is invited into, also once more: each has to be there and active.
    pub fn entered_companies(&self) -> BTreeSet<CompanyId> {
        let joined = self.clients.iter().flat_map(|Revision { before, after }| {
            let was = before.as_ref().filter(|before| !before.is_archived());
            let is_new = move |id: &&CompanyId| !was.is_some_and(|was| was.is_in(**id));
            let all = after.company_ids.iter().filter(|_| !after.is_archived());
            all.filter(is_new)
        });
        let new_invitations = self.invitations.iter().filter(|one| one.before.is_none());
        let invited = new_invitations.flat_map(|one| &one.after.company_ids);
        let is_changed = |id: &CompanyId| self.companies.iter().any(|one| one.after.id == *id);
        joined
            .chain(invited)
            .chain(&self.required_companies)
            .copied()
            .filter(|id| !is_changed(id))
            .collect()
    }
}
