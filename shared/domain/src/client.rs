//! Clients: the persons a workspace serves.
//!
//! A client's status is not stored but derived: `active` once the account is
//! set up, `invited` while an invitation is open, otherwise `notInvited`.

use crate::{
    Actor, AddressFault, AddressMark, Change, ClientId, Company, CompanyId, CustomValues, Email,
    EventType, InternalUserId, InvitationId, Moment, PersonName, Picture, Tags, Time, Told,
    WorkspaceId, color,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

mod door;
mod fields;
mod life;
mod told;
mod view;

pub use door::GoogleRefusal;
pub use fields::{ClientDraft, ClientPatch};
pub use life::{LifeRefusal, MergeRefusal};
pub use view::{ClientView, ProfileView};

/// How many companies a client can be in (the compatible API's limit).
pub const MAX_COMPANIES: usize = 30;

/// How exact [`Client::last_login_at`] and [`Client::last_activity_at`] are.
const NOTE: Duration = Duration::from_mins(1);

/// A client as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// The workspace that it belongs to.
    pub workspace_id: WorkspaceId,
    /// Its name in two parts.
    #[serde(flatten)]
    pub name: PersonName,
    /// Where it gets mail, and what it signs in with.
    pub email: Email,
    /// The address that it is to have and has to prove first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_email: Option<PendingEmail>,
    /// Its companies, the primary one first.
    pub company_ids: Vec<CompanyId>,
    /// The company that stands in while [`Client::company_ids`] is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder_id: Option<CompanyId>,
    /// Job title or role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Phone number in E.164 form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The team members who look after it.
    #[serde(default)]
    pub account_manager_ids: Vec<InternalUserId>,
    /// By what it is grouped.
    #[serde(default)]
    pub tags: Tags,
    /// Values of the workspace's own fields, by their keys.
    #[serde(default)]
    pub custom_fields: CustomValues,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Picture>,
    /// The colour behind its initials.
    pub fallback_color: String,
    /// How it came into the workspace.
    pub creation_method: CreationMethod,
    /// Who added it.
    pub created_by: Actor,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// The invitation that is open, if one is. Its place in this one item is
    /// what keeps a second one from being opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_invitation: Option<OpenInvitation>,
    /// When the workspace last withdrew an invitation. Whoever has the link of
    /// one before that gets no new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Time>,
    /// What is known against its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faulty_address: Option<FaultyAddress>,
    /// When the account was set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Time>,
    /// When it last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Time>,
    /// When it last did something itself, such as signing in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Time>,
    /// When it was archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Time>,
    /// The client that it was merged into: its id leads there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ClientId>,
    /// Whose ids lead here: clients who were merged into this one.
    #[serde(default)]
    pub merged_ids: Vec<ClientId>,
    /// When it was erased; only its id is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged_at: Option<Time>,
    /// Under which its sessions work; counting it up puts them all out.
    #[serde(default)]
    pub session_epoch: u32,
    /// Whether the count of the workspace's clients has it in it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_counted: bool,
    /// Whether somebody has shown who reads the mail of its address, by a link
    /// that went nowhere else. An invitation's link does not show that: the
    /// team can copy it.
    #[serde(default)]
    pub is_address_proven: bool,
    /// The Google account that it signs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub google_subject: Option<String>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What a client needs to know of its open invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInvitation {
    /// The invitation.
    pub id: InvitationId,
    /// Which link is the valid one.
    pub generation: u32,
    /// When it runs out.
    pub expires_at: Time,
    /// Whether its link is handed over by somebody, and no mail was asked for.
    #[serde(default)]
    pub is_by_hand: bool,
}

/// An address that waits to be proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingEmail {
    /// The address.
    pub email: Email,
    /// Until when its link is good.
    pub until: Time,
}

/// What is known against an address that a client has or had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultyAddress {
    /// The address, in lower case.
    pub email: String,
    /// What is wrong with it.
    pub fault: AddressFault,
}

/// How a client came into the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CreationMethod {
    /// By a team member or a program.
    InternalUser,
    /// Invited by another client.
    Client,
    /// By signing up.
    DirectSignUp,
    /// From a file.
    Import,
}

/// How far a client is on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClientStatus {
    /// No invitation is open.
    NotInvited,
    /// An invitation by mail is open.
    Invited,
    /// The account is set up.
    Active,
}

impl ClientStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::NotInvited, Self::Invited, Self::Active];

    /// The name that callers see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotInvited => "notInvited",
            Self::Invited => "invited",
            Self::Active => "active",
        }
    }
}

impl Client {
    /// A new client. Its creation is told when it is saved, so that the event
    /// shows all that was decided with it, such as an invitation.
    pub fn create(
        moment: Moment<'_>,
        workspace_id: WorkspaceId,
        draft: ClientDraft,
        created_by: Actor,
    ) -> Self {
        let (id, now) = (moment.id(), moment.now);
        let placeholder_id = draft.company_ids.is_empty().then(|| moment.id());
        Self {
            id,
            workspace_id,
            name: draft.name,
            email: draft.email,
            pending_email: None,
            company_ids: draft.company_ids,
            placeholder_id,
            position: draft.position,
            phone: draft.phone,
            account_manager_ids: draft.account_manager_ids,
            tags: draft.tags,
            custom_fields: draft.custom_fields,
            avatar: draft.avatar,
            fallback_color: color::of(id),
            creation_method: CreationMethod::InternalUser,
            created_by,
            created_at: now,
            updated_at: now,
            open_invitation: None,
            withdrawn_at: None,
            faulty_address: None,
            activated_at: None,
            last_login_at: None,
            last_activity_at: None,
            archived_at: None,
            merged_into: None,
            merged_ids: Vec::new(),
            purged_at: None,
            session_epoch: 0,
            is_counted: false,
            is_address_proven: false,
            google_subject: None,
            told: Told::default(),
            version: 0,
        }
    }

    /// The companies that the client is in, the placeholder among them.
    pub fn memberships(&self) -> impl Iterator<Item = CompanyId> + '_ {
        self.company_ids.iter().copied().chain(self.placeholder_id)
    }

    /// The company that stands for the client where there is room for one.
    pub fn primary_company(&self) -> CompanyId {
        // Every way to change `company_ids` leaves a placeholder when it
        // empties them, so the last resort is never seen.
        self.memberships()
            .next()
            .unwrap_or(CompanyId::from_uuid(self.id.uuid()))
    }

    /// The status at `now`: an invitation ends at its second, even if the
    /// function that tells so is late.
    pub fn status(&self, now: Time) -> ClientStatus {
        match self.open_invitation {
            Some(open) if self.activated_at.is_none() && now >= open.expires_at => {
                ClientStatus::NotInvited
            }
            _ => self.recorded_status(),
        }
    }

    /// The status as events have told it.
    pub fn recorded_status(&self) -> ClientStatus {
        if self.activated_at.is_some() {
            ClientStatus::Active
        } else if self.open_invitation.is_some_and(|open| !open.is_by_hand) {
            ClientStatus::Invited
        } else {
            ClientStatus::NotInvited
        }
    }

    /// Whether it is gone from lists and from the API.
    pub const fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Whether it is in this company.
    pub fn is_in(&self, company_id: CompanyId) -> bool {
        self.company_ids.contains(&company_id)
    }

    /// Its own id, and those of the duplicates that were merged into it.
    pub fn all_ids(&self) -> Vec<ClientId> {
        let merged = self.merged_ids.iter().copied();
        std::iter::once(self.id).chain(merged).collect()
    }

    /// Changes what the patch names. Nothing is told if nothing changed.
    pub fn update(&mut self, change: &mut Change<'_>, patch: ClientPatch) {
        let before = self.clone();
        patch.apply(self, change.moment);
        if *self == before {
            return;
        }
        if self.avatar != before.avatar {
            change.drop_picture(self.workspace_id, before.avatar.as_ref());
        }
        self.updated_at = change.moment.now;
        let before_view = before.view(before.recorded_status());
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::ClientUpdated, &before_view, view)
        });
        self.record_moves(change, &before);
    }

    /// Puts the client into one more company.
    pub fn join(&mut self, change: &mut Change<'_>, company_id: CompanyId) {
        let mut companies = self.company_ids.clone();
        companies.push(company_id);
        self.update(
            change,
            ClientPatch {
                company_ids: Some(companies),
                ..ClientPatch::default()
            },
        );
    }

    /// Takes the client out of a company that is being deleted. Nothing
    /// happens if it has left already.
    pub fn leave(&mut self, change: &mut Change<'_>, company_id: CompanyId) {
        let rest = self
            .company_ids
            .iter()
            .copied()
            .filter(|id| *id != company_id)
            .collect();
        self.update(
            change,
            ClientPatch {
                company_ids: Some(rest),
                ..ClientPatch::default()
            },
        );
    }

    /// Puts the client out wherever it is signed in. Whoever was signed in may have
    /// asked for another address, so that is not to be proved any more.
    pub fn end_sessions(&mut self) {
        self.session_epoch += 1;
        self.pending_email = None;
    }

    /// What somebody who guesses this client's password tries first.
    pub fn guessed_first<'a>(&'a self, workspace: &'a str) -> [&'a str; 4] {
        self.name.guessed_first(&self.email, workspace)
    }

    /// Whether there is an account to sign in to.
    pub const fn can_sign_in(&self) -> bool {
        self.activated_at.is_some() && self.archived_at.is_none()
    }

    /// Notes that the client signed in. Answers whether that is worth writing:
    /// a note of the last minute says the same, and many sign-ins at once need
    /// not wait for each other.
    pub fn note_sign_in(&mut self, now: Time) -> bool {
        let is_news = is_over(self.last_login_at, now);
        if is_news {
            self.last_login_at = Some(now);
            self.last_activity_at = Some(now);
        }
        is_news
    }

    /// Notes that the client did something itself. Answers whether that is worth
    /// writing, as for signing in.
    pub fn note_activity(&mut self, now: Time) -> bool {
        let is_news = is_over(self.last_activity_at, now);
        if is_news {
            self.last_activity_at = Some(now);
        }
        is_news
    }

    /// Notes that the account is set up and the client signed in.
    pub(crate) fn activate(&mut self, change: &mut Change<'_>) {
        let before = self.recorded_status();
        self.open_invitation = None;
        self.activated_at = Some(change.moment.now);
        self.last_login_at = Some(change.moment.now);
        self.last_activity_at = Some(change.moment.now);
        self.updated_at = change.moment.now;
        self.record(change, |recorder, view| {
            recorder.record(EventType::ClientActivated, view)
        });
        self.record_status_change(change, before);
    }

    /// What is known against its address, if anything is.
    pub fn address_fault(&self) -> Option<AddressFault> {
        let known = self.faulty_address.as_ref();
        known
            .filter(|known| known.email == self.email.key())
            .map(|known| known.fault)
    }

    /// Notes what is known against an address from now on, if it is this
    /// client's and that is news.
    pub fn note_address(&mut self, change: &mut Change<'_>, mark: &AddressMark) {
        if mark.email.key() != self.email.key() || mark.fault == self.address_fault() {
            return;
        }
        let before = self.view(self.recorded_status());
        self.know_address(Some(mark));
        self.updated_at = change.moment.now;
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::ClientUpdated, &before, view)
        });
    }

    /// Takes over what was known against its address before it had it.
    pub fn know_address(&mut self, mark: Option<&AddressMark>) {
        self.faulty_address = mark.and_then(|mark| {
            let email = mark.email.key();
            mark.fault.map(|fault| FaultyAddress { email, fault })
        });
    }

    /// Notes which invitation is open now, if any.
    pub(crate) fn set_open_invitation(
        &mut self,
        change: &mut Change<'_>,
        open: Option<OpenInvitation>,
    ) {
        let before = self.recorded_status();
        self.open_invitation = open;
        // A client that is only being created tells its status there.
        if self.version > 0 {
            self.record_status_change(change, before);
        }
    }
}

/// Whether a note says less by now than another one would.
fn is_over(note: Option<Time>, now: Time) -> bool {
    note.is_none_or(|last| now.since(last) >= NOTE)
}

impl Company {
    /// The placeholder of this client, if it needs one.
    pub fn placeholder_of(client: &Client) -> Option<Self> {
        let id = client.placeholder_id?;
        Some(Self::placeholder(
            id,
            client.workspace_id,
            client.updated_at,
        ))
    }
}
