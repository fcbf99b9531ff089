//! Internal users: the team members of a workspace.
//!
//! A removed one keeps its item, because clients, keys and events name it; it
//! is in no list and gets in nowhere.

mod door;
mod invitation;
mod view;

pub use invitation::{Joining, MemberStatus, TeamInvitation, TeamInvitationView};
pub use view::InternalUserView;

use crate::{
    Actor, Change, CompanyAccess, DeliveryState, Email, EventType, InternalUserId, Invalid,
    Permission, PersonName, Role, Time, Told, WorkspaceId, color, event::Recorder,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// An internal user as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InternalUser {
    /// Its id.
    pub id: InternalUserId,
    /// The workspace that it works for.
    pub workspace_id: WorkspaceId,
    /// Its name in two parts.
    #[serde(flatten)]
    pub name: PersonName,
    /// Where it gets mail, and what it signs in with.
    pub email: Email,
    /// What it may do.
    pub role: Role,
    /// The companies that it is limited to, if it is.
    #[serde(default, skip_serializing_if = "is_unlimited")]
    pub company_access: CompanyAccess,
    /// The colour behind its initials.
    pub fallback_color: String,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Time>,
    /// When it last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Time>,
    /// Tokens of an earlier epoch than this are no longer good.
    #[serde(default)]
    pub session_epoch: u32,
    /// When it set up its account; it can sign in since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Time>,
    /// The invitation that is open, or has run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<TeamInvitation>,
    /// Whether a link was used that went to its address and nowhere else.
    #[serde(default)]
    pub is_address_proven: bool,
    /// The Google account that it signs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub google_subject: Option<String>,
    /// Its events.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// What a caller wants changed, checked; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct InternalUserPatch {
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// What it may do.
    pub role: Option<Role>,
    /// The companies that it is limited to, or all.
    pub company_access: Option<CompanyAccess>,
}

/// What a caller gives to add an internal user, checked.
#[derive(Clone, Debug)]
pub struct InternalUserDraft {
    /// Its name.
    pub name: PersonName,
    /// Its address.
    pub email: Email,
    /// What it may do.
    pub role: Role,
    /// The companies that it is limited to, if it is.
    pub company_access: CompanyAccess,
}

fn is_unlimited(access: &CompanyAccess) -> bool {
    !access.is_limited()
}

impl InternalUser {
    /// Adds an internal user under this id; with an invitation by mail if it is
    /// given for how long that is good, and who invites.
    pub fn create(
        change: &mut Change<'_>,
        id: InternalUserId,
        workspace_id: WorkspaceId,
        draft: InternalUserDraft,
        invitation: Option<(Duration, Actor)>,
    ) -> Result<Self, Invalid> {
        refuse_limited_admin(draft.role, &draft.company_access)?;
        let mut user = Self::new(id, workspace_id, draft, change.moment.now);
        if let Some((lifetime, by)) = invitation {
            user.set_invitation(change, lifetime, by, DeliveryState::Queued);
        }
        user.record(change, EventType::InternalUserCreated, None);
        Ok(change.save_internal_user(None, user))
    }

    /// Adds the admin that a workspace begins with. It is told as little as the
    /// workspace: nobody could listen yet.
    pub fn found(
        change: &mut Change<'_>,
        id: InternalUserId,
        workspace_id: WorkspaceId,
        name: PersonName,
        email: Email,
    ) -> Self {
        let draft = InternalUserDraft {
            name,
            email,
            role: Role::Admin,
            company_access: CompanyAccess::ALL,
        };
        let admin = Self::new(id, workspace_id, draft, change.moment.now);
        change.save_internal_user(None, admin)
    }

    fn new(
        id: InternalUserId,
        workspace_id: WorkspaceId,
        draft: InternalUserDraft,
        now: Time,
    ) -> Self {
        Self {
            id,
            workspace_id,
            name: draft.name,
            email: draft.email,
            role: draft.role,
            company_access: draft.company_access,
            fallback_color: color::of(id),
            created_at: now,
            updated_at: now,
            removed_at: None,
            last_login_at: None,
            session_epoch: 0,
            joined_at: None,
            invitation: None,
            is_address_proven: false,
            google_subject: None,
            told: Told::default(),
            version: 0,
        }
    }

    /// Changes what the patch names. Nothing is told if nothing changed.
    pub fn update(
        &self,
        change: &mut Change<'_>,
        patch: InternalUserPatch,
    ) -> Result<Self, Invalid> {
        let mut after = self.clone();
        if let Some(given_name) = patch.given_name {
            after.name.given_name = given_name;
        }
        if let Some(family_name) = patch.family_name {
            after.name.family_name = family_name;
        }
        if let Some(role) = patch.role {
            after.role = role;
        }
        if let Some(company_access) = patch.company_access {
            after.company_access = company_access;
        }
        if after == *self {
            return Ok(after);
        }
        refuse_limited_admin(after.role, &after.company_access)?;
        Ok(self.save_updated(change, after))
    }

    /// Takes it out of the workspace: it and its keys are out on the very next
    /// request, and its address can be used again.
    pub fn remove(&self, change: &mut Change<'_>) -> Self {
        let mut after = self.clone();
        after.removed_at = Some(change.moment.now);
        after.updated_at = change.moment.now;
        after.invitation = None;
        after.end_sessions();
        after.record(change, EventType::InternalUserDeleted, None);
        change.save_internal_user(Some(self), after)
    }

    /// Whether it is still a member.
    pub const fn is_member(&self) -> bool {
        self.removed_at.is_none()
    }

    /// Whether it keeps the workspace from being without an admin.
    pub fn is_admin(&self) -> bool {
        self.is_member() && self.role == Role::Admin
    }

    /// What it may do, if its role allows this: whoever is limited to some
    /// companies may do nothing that reaches the whole workspace.
    pub fn permissions(&self, of_role: BTreeSet<Permission>) -> BTreeSet<Permission> {
        let mut permissions = of_role;
        if self.company_access.is_limited() {
            permissions.retain(|permission| !permission.is_workspace_wide());
        }
        permissions
    }

    /// Writes what this has become, and tells it.
    fn save_updated(&self, change: &mut Change<'_>, mut after: Self) -> Self {
        after.updated_at = change.moment.now;
        let before = self.view(change.moment.now);
        after.record(change, EventType::InternalUserUpdated, Some(&before));
        change.save_internal_user(Some(self), after)
    }

    fn record(
        &mut self,
        change: &mut Change<'_>,
        kind: EventType,
        before: Option<&InternalUserView>,
    ) {
        let view = self.view(change.moment.now);
        let moment = change.moment;
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        let event = match before {
            None => recorder.record(kind, &view),
            Some(before) => recorder.record_change(kind, before, &view),
        };
        change.events.push(event);
    }
}

/// An admin may let in others everywhere, so a limit would hold back nothing.
fn refuse_limited_admin(role: Role, access: &CompanyAccess) -> Result<(), Invalid> {
    if role == Role::Admin && access.is_limited() {
        let message = "an admin sees all companies; give another role, or no limit";
        return Err(Invalid::new(
            "companyAccessList",
            "admin_not_limitable",
            message,
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompanyId, IdSource, Moment};

    fn with_user(
        role: Role,
        access: CompanyAccess,
        check: impl FnOnce(&mut Change<'_>, &InternalUser),
    ) {
        let ids = IdSource::new();
        let moment = Moment::new(Time::from_unix_millis(1_795_300_000_000), &ids);
        let mut change = Change::by_system(moment);
        let draft = InternalUserDraft {
            name: PersonName::from_fields(None, None, Some("Ada Lovelace")).expect("a name"),
            email: Email::parse("email", "ada@example.com").expect("an address"),
            role,
            company_access: access,
        };
        let user = InternalUser::create(&mut change, moment.id(), moment.id(), draft, None);
        check(&mut change, &user.expect("nothing is wrong with it"));
    }

    fn some_company() -> CompanyAccess {
        let ids = IdSource::new();
        let company: CompanyId = ids.next(Time::from_unix_millis(0));
        CompanyAccess::only([company]).expect("one is not too many")
    }

    #[test]
    fn an_admin_may_do_everything() {
        with_user(Role::Admin, CompanyAccess::ALL, |_, user| {
            let all: BTreeSet<Permission> = Permission::ALL.iter().copied().collect();
            assert_eq!(
                user.role.permissions().map(|role| user.permissions(role)),
                Some(all)
            );
        });
    }

    #[test]
    fn whoever_is_limited_may_do_nothing_that_reaches_the_whole_workspace() {
        with_user(Role::Staff, some_company(), |_, user| {
            let all = Permission::ALL.iter().copied().collect();
            let left = user.permissions(all);
            assert!(!left.is_empty());
            assert!(!left.iter().any(|permission| permission.is_workspace_wide()));
        });
    }

    #[test]
    fn an_admin_cannot_be_limited_nor_somebody_limited_become_admin() {
        let patch = |role, company_access| InternalUserPatch {
            role,
            company_access,
            ..InternalUserPatch::default()
        };
        with_user(Role::Admin, CompanyAccess::ALL, |change, user| {
            let refused = user.update(change, patch(None, Some(some_company())));
            assert_eq!(
                refused.map_err(|invalid| invalid.code),
                Err("admin_not_limitable")
            );
        });
        with_user(Role::Staff, some_company(), |change, user| {
            let refused = user.update(change, patch(Some(Role::Admin), None));
            assert_eq!(
                refused.map_err(|invalid| invalid.code),
                Err("admin_not_limitable")
            );
            let both = patch(Some(Role::Admin), Some(CompanyAccess::ALL));
            assert!(user.update(change, both).is_ok_and(|user| user.is_admin()));
        });
    }

    #[test]
    fn a_change_of_nothing_tells_nothing() {
        with_user(Role::Staff, CompanyAccess::ALL, |change, user| {
            let told = change.events.len();
            let after = user.update(change, InternalUserPatch::default());
            assert_eq!(after.as_ref(), Ok(user));
            assert_eq!(
                (change.events.len(), change.internal_users.len()),
                (told, 1)
            );
        });
    }

    #[test]
    fn a_removed_member_shows_no_address_and_leaves_its_tokens_behind() {
        with_user(Role::Admin, CompanyAccess::ALL, |change, user| {
            let after = user.remove(change);
            assert!(!after.is_member() && !after.is_admin());
            assert_eq!(after.view(change.moment.now).email, "");
            assert!(after.session_epoch > user.session_epoch);
            let last = change
                .events
                .last()
                .map(|event| (event.event_type.clone(), event.sequence));
            assert_eq!(last, Some((EventType::InternalUserDeleted.into(), 2)));
        });
    }
}
