//! Invitations in the table.

use crate::{
    DueKind, Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, item},
    list::{Filter, Order, Question},
    pattern::Key,
};
use portico_domain::{
    Client, ClientId, DeliveryState, Invitation, InvitationId, InvitationStatus, WorkspaceId,
};

pub(crate) const PATTERNS: &[Pattern] = &[THIS, ALL, OF_CLIENT, BY_STATUS, BY_EMAIL];

const THIS: Pattern = Pattern::new(
    "this invitation",
    Index::Table,
    "WS#<workspace>#IN#<invitation>",
    "INVITATION",
);
const ALL: Pattern = Pattern::new(
    "invitations by creation",
    Index::Gsi1,
    "WS#<workspace>#IN",
    "<invitation>",
);
const OF_CLIENT: Pattern = Pattern::new(
    "invitations of a client",
    Index::Gsi2,
    "WS#<workspace>#CL#<client>#IN",
    "<invitation>",
);
const BY_STATUS: Pattern = Pattern::new(
    "invitations with this status",
    Index::Gsi3,
    "WS#<workspace>#IN#STATUS#<status>",
    "<invitation>",
);
const BY_EMAIL: Pattern = Pattern::new(
    "invitations to this e-mail address",
    Index::Gsi4,
    "WS#<workspace>#IN#EMAIL#<lower-case e-mail>",
    "<invitation>",
);

const ENTITY: &str = "invitation";

/// Which invitations to list: those that have all of these.
#[derive(Clone, Debug, Default)]
pub struct InvitationFilter {
    /// This status.
    pub status: Option<InvitationStatus>,
    /// This address, in any case.
    pub email: Option<String>,
    /// This client.
    pub client_id: Option<ClientId>,
    /// A mail that came so far.
    pub delivery: Option<DeliveryState>,
}

impl WorkspaceStore<'_> {
    /// The invitation with this id.
    pub async fn invitation(&self, id: InvitationId) -> Result<Option<Invitation>, Error> {
        self.fetch(ENTITY, &invitation_key(self.id, id)).await
    }

    /// Deletes an invitation whose client was erased.
    pub async fn delete_invitation(&self, id: InvitationId) -> Result<(), Error> {
        self.store.delete(&invitation_key(self.id, id)).await
    }

    /// The invitation that a client has open, if it has one.
    pub async fn open_invitation(&self, client: &Client) -> Result<Option<Invitation>, Error> {
        match client.open_invitation {
            Some(open) => self.invitation(open.id).await,
            None => Ok(None),
        }
    }

    /// Invitations that pass the filter, newest first. One that ran out
    /// moments ago is still among the pending ones until it is told.
    pub async fn invitations(
        &self,
        filter: InvitationFilter,
        page: &PageRequest,
    ) -> Result<Page<Invitation>, Error> {
        let w = &self.id;
        let status = filter.status.map(|status| status.name().to_owned());
        let list = |pattern: Pattern, partition| {
            Question::new(pattern.index, partition, Order::NewestFirst)
        };
        let question = match (filter.client_id, filter.email, status) {
            (Some(client), email, status) => list(OF_CLIENT, OF_CLIENT.partition(&[w, &client]))
                .filter(
                    Filter::Is,
                    BY_EMAIL.index.attributes().0,
                    email.map(|email| BY_EMAIL.partition(&[w, &email.to_ascii_lowercase()])),
                )
                .filter(Filter::Is, "status", status),
            (None, Some(email), status) => list(
                BY_EMAIL,
                BY_EMAIL.partition(&[w, &email.to_ascii_lowercase()]),
            )
            .filter(Filter::Is, "status", status),
            (None, None, Some(status)) => list(BY_STATUS, BY_STATUS.partition(&[w, &status])),
            (None, None, None) => list(ALL, ALL.partition(&[w])),
        };
        let delivery = filter.delivery.map(|state| state.name().to_owned());
        let question = question.filter(Filter::Is, "delivery.state", delivery);
        self.store.list(ENTITY, question, page).await
    }
}

pub(crate) fn invitation_key(workspace: WorkspaceId, id: InvitationId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn invitation_item(invitation: &Invitation) -> Result<Attributes, Error> {
    let (w, id) = (&invitation.workspace_id, &invitation.id);
    let mut keys = vec![
        THIS.key(&[w, id]),
        ALL.key(&[w, id]),
        OF_CLIENT.key(&[w, &invitation.client_id, id]),
        BY_STATUS.key(&[w, &invitation.status.name(), id]),
        BY_EMAIL.key(&[w, &invitation.email.key(), id]),
    ];
    if let Some(due_at) = invitation.due_at() {
        keys.push(DueKind::Invitation.key(*id, due_at));
    }
    item(ENTITY, invitation, &keys)
}
