//! Sessions: who is signed in, where, and until when.
//!
//! A session is begun by signing in and ends by signing out, by being revoked,
//! by not being used for its idle time, or at its absolute end. It also ends,
//! with all others of its account, when the account's *epoch* is counted up:
//! a session works only under the epoch that it was begun in, so whatever must
//! put somebody out at once changes that one number.
//!
//! Programs hold a refresh token, which is good once: using it moves the
//! session to its next *generation*. An answer can be lost on its way, so the
//! generation before may be used again for a few seconds and gets the same
//! token as the first time. Later than that, an old token in use means that
//! two parties hold it, and the session ends for both.

use crate::{Actor, ClientId, Door, InternalUserId, SessionId, Time, Workspace, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::{ops::RangeInclusive, time::Duration};
use uuid::Uuid;

/// For how long an access token is good.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_mins(10);
/// For how long the token before the latest one gets the same answer again: as
/// long as a program waits for an answer before it asks once more.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);
/// How old the note of a session's last use may be before a page renews it; a
/// write for each page would cost more than the page.
pub const TOUCH_INTERVAL: Duration = Duration::from_mins(5);

/// After how many minutes without a request team members can be signed out.
pub const STAFF_IDLE_MINUTES: RangeInclusive<u16> = 30..=720;

/// Who can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Account {
    /// A client, in the portal.
    Client {
        /// The client.
        id: ClientId,
    },
    /// A team member.
    InternalUser {
        /// The team member.
        id: InternalUserId,
    },
}

/// What holds a session's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Holder {
    /// A browser, in a cookie that stays the same: pages are opened side by
    /// side, and a token that is good once would put all but one of them out.
    Browser,
    /// A program, as a refresh token that is good once.
    Program,
}

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SignInMethod {
    /// By accepting an invitation.
    Invitation,
    /// By signing up.
    SignUp,
    /// With the password.
    Password,
    /// With a link from a mail.
    MagicLink,
    /// By setting a new password with a link from a mail.
    Reset,
    /// With Google.
    Google,
}

impl SignInMethod {
    /// Its name, as it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::SignUp => "signUp",
            Self::Password => "password",
            Self::MagicLink => "magicLink",
            Self::Reset => "reset",
            Self::Google => "google",
        }
    }
}

/// Why a session ended before its time, as the audit log calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its owner signed out, there or from elsewhere.
    SignedOut,
    /// A refresh token came again that was used already: two parties hold it.
    TokenReused,
}

impl SessionEnd {
    /// What the audit log calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedOut => "session.ended",
            Self::TokenReused => "session.tokenReused",
        }
    }
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// For how long it may go unused.
    pub idle: Duration,
    /// For how long it lasts however it is used.
    pub absolute: Duration,
}

impl SessionLimits {
    /// Clients come back after days, and reach only what is theirs.
    pub const CLIENT: Self = Self {
        idle: Duration::from_hours(14 * 24),
        absolute: Duration::from_hours(90 * 24),
    };

    /// Team members reach everybody's data: out after `idle_minutes` without a
    /// request, from 30 minutes to 12 hours, and after a week in any case.
    pub fn staff(idle_minutes: u16) -> Self {
        let (least, most) = STAFF_IDLE_MINUTES.into_inner();
        Self {
            idle: Duration::from_mins(u64::from(idle_minutes.clamp(least, most))),
            absolute: Duration::from_hours(7 * 24),
        }
    }

    /// Those of an account of this workspace.
    pub fn of(account: Account, workspace: &Workspace) -> Self {
        match account {
            Account::Client { .. } => Self::CLIENT,
            Account::InternalUser { .. } => Self::staff(workspace.staff_idle_minutes),
        }
    }
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The only workspace that it reaches.
    pub workspace_id: WorkspaceId,
    /// Who is signed in.
    pub account: Account,
    /// What holds its token.
    pub holder: Holder,
    /// How it was begun.
    pub method: SignInMethod,
    /// The account's epoch when it was begun.
    pub epoch: u32,
    /// What its tokens are derived from, together with a key that the table
    /// does not know: 256 random bits in hexadecimal.
    pub seed: String,
    /// Which of its tokens is the valid one; the first is 1.
    pub generation: u32,
    /// When that one was given out.
    pub rotated_at: Time,
    /// For how many seconds it may go unused: by the settings of when it was
    /// begun, and where it is read together with its workspace by those of now.
    pub idle_seconds: u64,
    /// When it was begun.
    pub created_at: Time,
    /// When it was last used, to within [`TOUCH_INTERVAL`].
    pub last_used_at: Time,
    /// When it ends however it is used.
    pub expires_at: Time,
    /// What the browser or program called itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// What a new session begins with.
#[derive(Clone, Debug)]
pub struct SessionDraft {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Who signed in.
    pub account: Account,
    /// The account's epoch now.
    pub epoch: u32,
    /// What holds its token.
    pub holder: Holder,
    /// How it was begun.
    pub method: SignInMethod,
    /// How long it lasts.
    pub limits: SessionLimits,
    /// 256 random bits in hexadecimal.
    pub seed: String,
    /// What the browser or program called itself.
    pub user_agent: Option<String>,
}

/// What becomes of a session whose refresh token is used.
#[derive(Clone, Debug, PartialEq)]
pub enum Refresh {
    /// It moves on; the next token is given out.
    Rotated(Session),
    /// The answer was lost, or somebody asked twice: the same token again.
    Repeated,
    /// An old token is in use: the session has to end.
    Reused,
    /// It has ended.
    Ended,
}

impl Session {
    /// A session that begins now.
    pub fn begin(id: SessionId, draft: SessionDraft, now: Time) -> Self {
        Self {
            id,
            workspace_id: draft.workspace_id,
            account: draft.account,
            holder: draft.holder,
            method: draft.method,
            epoch: draft.epoch,
            seed: draft.seed,
            generation: 1,
            rotated_at: now,
            idle_seconds: draft.limits.idle.as_secs(),
            created_at: now,
            last_used_at: now,
            expires_at: now + draft.limits.absolute,
            user_agent: draft.user_agent,
        }
    }

    /// When it ends if it is not used again.
    pub fn ends_at(&self) -> Time {
        let idle_end = self.last_used_at + Duration::from_secs(self.idle_seconds);
        idle_end.min(self.expires_at)
    }

    /// The session under these limits: settings count from the next request on,
    /// also for whoever was signed in before. Its absolute end stays.
    #[must_use]
    pub const fn within(mut self, limits: SessionLimits) -> Self {
        self.idle_seconds = limits.idle.as_secs();
        self
    }

    /// Whether it works at `now`, under the account's epoch.
    pub fn is_live(&self, epoch: u32, now: Time) -> bool {
        self.epoch == epoch && now < self.ends_at()
    }

    /// Uses the refresh token of `generation`, which was given out by us.
    pub fn refresh(&self, generation: u32, epoch: u32, now: Time) -> Refresh {
        if !self.is_live(epoch, now) || generation > self.generation {
            return Refresh::Ended;
        }
        if generation == self.generation {
            return Refresh::Rotated(Self {
                generation: generation + 1,
                rotated_at: now,
                last_used_at: now,
                ..self.clone()
            });
        }
        let is_latest_but_one = generation + 1 == self.generation;
        if is_latest_but_one && now.since(self.rotated_at) < REFRESH_GRACE {
            Refresh::Repeated
        } else {
            Refresh::Reused
        }
    }

    /// Whether its last use has to be noted anew.
    pub fn is_worth_touching(&self, now: Time) -> bool {
        now.since(self.last_used_at) >= TOUCH_INTERVAL
    }

    /// The session as its owner sees it.
    pub fn view(&self, current: Option<SessionId>) -> SessionView {
        SessionView {
            id: self.id,
            object: "session".to_owned(),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            expires_at: self.ends_at(),
            method: self.method,
            user_agent: self.user_agent.clone(),
            is_current: current == Some(self.id),
        }
    }
}

impl Account {
    /// The id alone; no two accounts share one, of whatever kind they are.
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Client { id } => id.uuid(),
            Self::InternalUser { id } => id.uuid(),
        }
    }

    /// The door that it comes in by.
    pub const fn door(self) -> Door {
        match self {
            Self::Client { .. } => Door::Clients,
            Self::InternalUser { .. } => Door::Team,
        }
    }

    /// The account as the one who does something.
    pub const fn actor(self) -> Actor {
        match self {
            Self::Client { id } => Actor::Client { id },
            Self::InternalUser { id } => Actor::InternalUser { id },
        }
    }
}

/// A session as its owner sees it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Session")]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Always `session`.
    pub object: String,
    /// When it was begun.
    pub created_at: Time,
    /// When it was last used, to within five minutes.
    pub last_used_at: Time,
    /// When it ends if it is not used again.
    pub expires_at: Time,
    /// How it was begun.
    pub method: SignInMethod,
    /// What the browser or program called itself.
    pub user_agent: Option<String>,
    /// Whether it is the session of this request.
    pub is_current: bool,
}

#[cfg(test)]
mod tests;
