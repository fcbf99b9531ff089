//! What one decision changes, to be written in one transaction.
//!
//! The rules of the domain are pure: they look at what there is and put what
//! shall be into a [`Change`], together with the events that tell it. The
//! store writes a change whole or not at all.

mod scope;

use crate::{
    Account, AddressMark, ApiKey, AuditEntryId, AuditNote, Chore, Client, ClientId, Company,
    CompanyId, CompanyRefusal, CustomRole, Email, Endpoint, EndpointId, Event, FieldSet,
    InternalUser, Invitation, Invoice, Letter, LetterId, Moment, Origin, Payment, Picture,
    Recovery, Service, ServiceId, ServiceRequest, Session, SessionEnd, Ticket, Time,
    WebhookDelivery, Work, Workspace, WorkspaceId,
};
use std::collections::BTreeSet;

/// A thing before and after a decision; there was none before it was created.
#[derive(Clone, Debug)]
pub struct Revision<T> {
    /// What the decision was based on.
    pub before: Option<T>,
    /// What shall be.
    pub after: T,
}

/// A password, hashed.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Whose password it is.
    pub account: Account,
    /// The hash in PHC string format.
    pub hash: String,
    /// When it was chosen; hashing it anew changes nothing of that.
    pub changed_at: Time,
}

/// An address that somebody wants, and that nobody else may have as this is
/// written. It is kept from nobody: whose it is shows when it is proved.
#[derive(Clone, Debug)]
pub struct WantedEmail {
    /// Whose address it may become.
    pub client_id: ClientId,
    /// The address.
    pub email: Email,
}

/// Everything that one decision changes.
#[derive(Debug)]
pub struct Change<'a> {
    /// When it happens, and the source of new ids.
    pub moment: Moment<'a>,
    /// Who asked for it, with what, and from where.
    pub origin: Origin,
    /// The workspace itself, changed.
    pub workspace: Option<Revision<Workspace>>,
    /// Sets of custom fields changed.
    pub field_sets: Vec<Revision<FieldSet>>,
    /// What is left to be done afterwards.
    pub chores: Vec<Chore>,
    /// Clients who were merged into one who is merged now: the first is moved
    /// from the second to the third.
    pub repointed: Vec<(ClientId, ClientId, ClientId)>,
    /// How many clients the workspace may have; whoever is added then is
    /// counted.
    pub client_limit: Option<u32>,
    /// That it is told that there are that many.
    pub limit_told: Option<u32>,
    /// Clients added or changed.
    pub clients: Vec<Revision<Client>>,
    /// Companies added or changed.
    pub companies: Vec<Revision<Company>>,
    /// Companies into which somebody is invited once more: each has to be there
    /// and active.
    pub required_companies: BTreeSet<CompanyId>,
    /// Services added or changed.
    pub services: Vec<Revision<Service>>,
    /// Services deleted.
    pub deleted_services: Vec<Service>,
    /// Services that have to be there.
    pub required_services: BTreeSet<ServiceId>,
    /// Requests added or changed.
    pub requests: Vec<Revision<ServiceRequest>>,
    /// Invoices added or changed.
    pub invoices: Vec<Revision<Invoice>>,
    /// Payments recorded or changed.
    pub payments: Vec<Revision<Payment>>,
    /// How far the numbers of invoices were counted, and are from now on.
    pub invoices_numbered: Option<(u64, u64)>,
    /// Services on which it was decided, each in this version.
    pub based_on_services: Vec<(ServiceId, u64)>,
    /// Companies on which it was decided, each in this version.
    pub based_on_companies: Vec<(CompanyId, u64)>,
    /// Invitations added or changed.
    pub invitations: Vec<Revision<Invitation>>,
    /// Internal users added or changed.
    pub internal_users: Vec<Revision<InternalUser>>,
    /// API keys added or changed.
    pub api_keys: Vec<Revision<ApiKey>>,
    /// Roles of the workspace's own, added or changed.
    pub roles: Vec<Revision<CustomRole>>,
    /// Roles deleted.
    pub deleted_roles: Vec<CustomRole>,
    /// Webhook endpoints added or changed.
    pub endpoints: Vec<Revision<Endpoint>>,
    /// Webhook endpoints that shall be gone.
    pub deleted_endpoints: Vec<Endpoint>,
    /// Endpoints whose lanes have to be looked at.
    pub rung_endpoints: Vec<(WorkspaceId, EndpointId)>,
    /// What is known against addresses from now on.
    pub marks: Vec<Revision<AddressMark>>,
    /// The next versions of deliveries that are ordered to be sent again.
    pub deliveries: Vec<WebhookDelivery>,
    /// The next versions of orders to send the deliveries of a time again.
    pub recoveries: Vec<Recovery>,
    /// Links that are good once, given out or used up.
    pub tickets: Vec<Revision<Ticket>>,
    /// Addresses that are asked for.
    pub wanted_emails: Vec<WantedEmail>,
    /// Mail to send.
    pub letters: Vec<Letter>,
    /// Mail to send later, by whoever has it on lease.
    pub postponed_letters: Vec<Letter>,
    /// Mail that needs no more sending.
    pub done_letters: Vec<LetterId>,
    /// A password set.
    pub credential: Option<Credential>,
    /// A session begun.
    pub session: Option<Session>,
    /// A session ended.
    pub ended_session: Option<Session>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// What else the audit log is to say.
    pub notes: Vec<AuditNote>,
    /// The id of the entry that it leaves there.
    pub audit_entry_id: AuditEntryId,
}

impl<'a> Change<'a> {
    /// A change of nothing yet, asked for by `origin`.
    pub fn new(moment: Moment<'a>, origin: Origin) -> Self {
        Self {
            moment,
            origin,
            workspace: None,
            field_sets: Vec::new(),
            chores: Vec::new(),
            repointed: Vec::new(),
            client_limit: None,
            limit_told: None,
            clients: Vec::new(),
            companies: Vec::new(),
            required_companies: BTreeSet::new(),
            services: Vec::new(),
            deleted_services: Vec::new(),
            required_services: BTreeSet::new(),
            requests: Vec::new(),
            invoices: Vec::new(),
            payments: Vec::new(),
            invoices_numbered: None,
            based_on_services: Vec::new(),
            based_on_companies: Vec::new(),
            invitations: Vec::new(),
            internal_users: Vec::new(),
            api_keys: Vec::new(),
            roles: Vec::new(),
            deleted_roles: Vec::new(),
            endpoints: Vec::new(),
            deleted_endpoints: Vec::new(),
            rung_endpoints: Vec::new(),
            marks: Vec::new(),
            deliveries: Vec::new(),
            recoveries: Vec::new(),
            tickets: Vec::new(),
            wanted_emails: Vec::new(),
            letters: Vec::new(),
            postponed_letters: Vec::new(),
            done_letters: Vec::new(),
            credential: None,
            session: None,
            ended_session: None,
            events: Vec::new(),
            notes: Vec::new(),
            audit_entry_id: moment.id(),
        }
    }

    /// A change that nobody asked for: what a scheduled or an event-driven
    /// function finds to be due.
    pub fn by_system(moment: Moment<'a>) -> Self {
        Self::new(moment, Origin::system())
    }

    /// The same change where there may be that many clients.
    #[must_use]
    pub fn with_client_limit(mut self, limit: Option<u32>) -> Self {
        self.client_limit = limit;
        self
    }

    /// Has the audit log say something that no event tells.
    pub fn note(&mut self, note: AuditNote) {
        self.notes.push(note);
    }

    /// Begins a session.
    pub fn begin_session(&mut self, session: &Session) {
        let mut note = AuditNote::new("session.created", "session", &session.id);
        note.context
            .insert("method".to_owned(), session.method.name().into());
        self.note(note);
        self.session = Some(session.clone());
    }

    /// Gives an account another password.
    pub fn set_password(&mut self, account: Account, hash: String) {
        self.note(AuditNote::new(
            "password.changed",
            "account",
            &account.uuid(),
        ));
        self.credential = Some(Credential {
            account,
            hash,
            changed_at: self.moment.now,
        });
    }

    /// Ends a session, for the reason that the audit log is to give.
    pub fn end_session(&mut self, session: &Session, reason: SessionEnd) {
        self.note(AuditNote::new(reason.name(), "session", &session.id));
        self.ended_session = Some(session.clone());
    }

    /// Changes a set of custom fields, if anything about it changed.
    pub fn save_field_set(&mut self, before: &FieldSet, mut after: FieldSet) {
        if *before == after {
            return;
        }
        after.version += 1;
        self.field_sets.push(Revision {
            before: Some(before.clone()),
            after,
        });
    }

    /// Leaves work to be done afterwards.
    pub fn leave_to_do(&mut self, workspace_id: WorkspaceId, work: Work) {
        self.chores
            .push(Chore::new(self.moment, workspace_id, work));
    }

    /// Has the file of a picture deleted that is used no more, if it is ours.
    pub fn drop_picture(&mut self, workspace_id: WorkspaceId, picture: Option<&Picture>) {
        if let Some(file) = picture.and_then(|picture| picture.file.clone()) {
            let files = vec![file];
            self.leave_to_do(workspace_id, Work::DeleteFiles { files });
        }
    }

    /// Changes the workspace's settings.
    pub fn save_workspace(&mut self, before: &Workspace, mut after: Workspace) -> Workspace {
        after.version += 1;
        self.workspace = Some(Revision {
            before: Some(before.clone()),
            after: after.clone(),
        });
        after
    }

    /// Adds a company, or changes one.
    pub fn save_company(&mut self, before: Option<&Company>, mut after: Company) -> Company {
        after.version += 1;
        self.companies.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Adds a client and tells so, or changes one.
    pub fn save_client(&mut self, before: Option<&Client>, mut after: Client) -> Client {
        if before.is_none() {
            after.record_creation(self);
        }
        after.version += 1;
        let was_here = before.is_some_and(|before| !before.is_archived());
        if after.is_archived() {
            after.is_counted = false;
        } else if !was_here {
            after.is_counted = self.client_limit.is_some();
        }
        self.clients.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Adds a client who has set up its account by itself.
    pub fn save_signed_up(&mut self, mut client: Client) -> Client {
        client.record_creation(self);
        client.activate(self);
        client.is_counted = self.client_limit.is_some();
        client.version += 1;
        self.clients.push(Revision {
            before: None,
            after: client.clone(),
        });
        client
    }

    /// Adds an invitation, or changes one.
    pub fn save_invitation(
        &mut self,
        before: Option<&Invitation>,
        mut after: Invitation,
    ) -> Invitation {
        after.version += 1;
        self.invitations.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Notes what is known against an address.
    pub fn save_mark(
        &mut self,
        before: Option<&AddressMark>,
        mut after: AddressMark,
    ) -> AddressMark {
        after.version += 1;
        self.marks.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Adds an internal user, or changes one.
    pub fn save_internal_user(
        &mut self,
        before: Option<&InternalUser>,
        mut after: InternalUser,
    ) -> InternalUser {
        after.version += 1;
        self.internal_users.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Adds an API key, or changes one.
    pub fn save_api_key(&mut self, before: Option<&ApiKey>, mut after: ApiKey) -> ApiKey {
        after.version += 1;
        self.api_keys.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Adds a role, or changes one.
    pub fn save_role(&mut self, before: Option<&CustomRole>, mut after: CustomRole) -> CustomRole {
        after.version += 1;
        self.roles.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Gives a ticket out, or changes one.
    pub fn save_ticket(&mut self, before: Option<&Ticket>, mut after: Ticket) -> Ticket {
        after.version += 1;
        self.tickets.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Changes a webhook endpoint.
    pub fn save_endpoint(&mut self, before: Option<&Endpoint>, mut after: Endpoint) -> Endpoint {
        after.version += 1;
        self.endpoints.push(Revision {
            before: before.cloned(),
            after: after.clone(),
        });
        after
    }

    /// Writes the next version of a delivery that is ordered to be sent again,
    /// and has its lane looked at.
    pub fn resend_delivery(&mut self, after: WebhookDelivery) {
        self.note(AuditNote::new(
            "webhookDelivery.resent",
            "webhookDelivery",
            &after.id,
        ));
        self.deliveries.push(after);
    }

    /// Deletes a webhook endpoint.
    pub fn delete_endpoint(&mut self, endpoint: Endpoint) {
        self.note(AuditNote::new(
            "webhookEndpoint.deleted",
            "webhookEndpoint",
            &endpoint.id,
        ));
        self.deleted_endpoints.push(endpoint);
    }

    /// Deletes a company.
    pub fn delete_company(&mut self, before: &Company) -> Result<(), CompanyRefusal> {
        let mut after = before.clone();
        after.delete(self)?;
        self.save_company(Some(before), after);
        Ok(())
    }
}
