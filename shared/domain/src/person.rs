//! Whoever can have an account: a client or a team member. What signing in,
//! links and sessions need of either is the same.

use crate::{
    Account, Change, Client, Email, GoogleRefusal, InternalUser, Moment, Time, WorkspaceId,
};

/// Which of a workspace's two doors somebody comes to. The same address may be
/// a client's and a team member's; they are two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The portal's.
    Clients,
    /// The team's.
    Team,
}

impl Door {
    /// What the addresses of its pages say of it; those of the portal's say
    /// nothing.
    pub const fn query(self) -> &'static str {
        match self {
            Self::Clients => "",
            Self::Team => "?team=true",
        }
    }

    /// An account that nobody has.
    pub fn nobody(self, moment: Moment<'_>) -> Account {
        match self {
            Self::Clients => Account::Client { id: moment.id() },
            Self::Team => Account::InternalUser { id: moment.id() },
        }
    }

    /// What tries at the password of this address are counted under.
    pub fn subject(self, email: &Email) -> String {
        match self {
            Self::Clients => email.key(),
            Self::Team => format!("team {}", email.key()),
        }
    }
}

/// A client, archived or not, or a team member, removed or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Person {
    /// A client.
    Client(Box<Client>),
    /// A team member.
    Member(Box<InternalUser>),
}

impl Person {
    /// Who it is where it signs in.
    pub fn account(&self) -> Account {
        match self {
            Self::Client(client) => Account::Client { id: client.id },
            Self::Member(user) => user.account(),
        }
    }

    /// Its workspace.
    pub fn workspace_id(&self) -> WorkspaceId {
        match self {
            Self::Client(client) => client.workspace_id,
            Self::Member(user) => user.workspace_id,
        }
    }

    /// The address that it signs in with.
    pub fn email(&self) -> &Email {
        match self {
            Self::Client(client) => &client.email,
            Self::Member(user) => &user.email,
        }
    }

    /// What it is called first.
    pub fn given_name(&self) -> &str {
        match self {
            Self::Client(client) => &client.name.given_name,
            Self::Member(user) => &user.name.given_name,
        }
    }

    /// Both names.
    pub fn full_name(&self) -> String {
        match self {
            Self::Client(client) => client.name.full(),
            Self::Member(user) => user.name.full(),
        }
    }

    /// When it was added.
    pub fn created_at(&self) -> Time {
        match self {
            Self::Client(client) => client.created_at,
            Self::Member(user) => user.created_at,
        }
    }

    /// Sessions work under this epoch and no other.
    pub fn session_epoch(&self) -> u32 {
        match self {
            Self::Client(client) => client.session_epoch,
            Self::Member(user) => user.session_epoch,
        }
    }

    /// Whether it is neither archived nor removed.
    pub fn is_here(&self) -> bool {
        match self {
            Self::Client(client) => !client.is_archived(),
            Self::Member(user) => user.is_member(),
        }
    }

    /// Whether there is an account to sign in to.
    pub fn can_sign_in(&self) -> bool {
        match self {
            Self::Client(client) => client.can_sign_in(),
            Self::Member(user) => user.can_sign_in(),
        }
    }

    /// Notes that it signed in; answers whether that is worth writing.
    pub fn note_sign_in(&mut self, now: Time) -> bool {
        match self {
            Self::Client(client) => client.note_sign_in(now),
            Self::Member(user) => user.note_sign_in(now),
        }
    }

    /// Notes that it did something itself; of a team member nobody asks that.
    pub fn note_activity(&mut self, now: Time) {
        match self {
            Self::Client(client) => {
                client.note_activity(now);
            }
            Self::Member(_) => {}
        }
    }

    /// Notes that a link was used that went to its address and nowhere else, or
    /// that Google has verified it.
    pub fn note_proof(&mut self) {
        match self {
            Self::Client(client) => client.note_proof(),
            Self::Member(user) => user.note_proof(),
        }
    }

    /// Puts it out wherever it is signed in.
    pub fn end_sessions(&mut self) {
        match self {
            Self::Client(client) => client.end_sessions(),
            Self::Member(user) => user.end_sessions(),
        }
    }

    /// Lets the Google account in that has verified its own address.
    pub fn enter_with_google(&mut self, subject: &str) -> Result<(), GoogleRefusal> {
        match self {
            Self::Client(client) => client.enter_with_google(subject),
            Self::Member(user) => user.enter_with_google(subject),
        }
    }

    /// What somebody who guesses its password tries first.
    pub fn guessed_first<'a>(&'a self, workspace: &'a str) -> [&'a str; 4] {
        match self {
            Self::Client(client) => client.guessed_first(workspace),
            Self::Member(user) => user.guessed_first(workspace),
        }
    }

    /// Writes what this has become, which tells nothing by itself: how somebody
    /// signs in is no news for others.
    pub fn save(&self, change: &mut Change<'_>, after: Self) {
        match (self, after) {
            (Self::Client(before), Self::Client(after)) => {
                change.save_client(Some(before), *after);
            }
            (Self::Member(before), Self::Member(after)) => {
                change.save_internal_user(Some(before), *after);
            }
            // Nobody turns into somebody else.
            (Self::Client(_), Self::Member(_)) | (Self::Member(_), Self::Client(_)) => {}
        }
    }
}

impl From<Client> for Person {
    fn from(client: Client) -> Self {
        Self::Client(Box::new(client))
    }
}

impl From<InternalUser> for Person {
    fn from(user: InternalUser) -> Self {
        Self::Member(Box::new(user))
    }
}
