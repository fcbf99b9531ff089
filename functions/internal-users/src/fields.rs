//! The fields of an internal user as callers write them.

use portico_app::App;
use portico_domain::{
    CompanyAccess, CompanyId, Email, Feature, InternalUser, InternalUserDraft, InternalUserPatch,
    Invalid, PersonName, Role, RoleId, text,
};
use portico_store::WorkspaceStore;
use portico_web::{Caller, Problem, given};
use schemars::JsonSchema;
use serde::Deserialize;

/// An internal user, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct InternalUserFields {
    /// First name.
    given_name: Option<String>,
    /// Last name.
    family_name: Option<String>,
    /// Both names, split at the last space; instead of the two.
    name: Option<String>,
    /// Its address; unique among the workspace's internal users whatever its
    /// case. It is given when the internal user is added.
    email: Option<String>,
    /// `admin`, `staff`, or the id of a role of the workspace's own. Whoever
    /// has one of those is shown as `staff`, and keeps it where `staff` is sent
    /// back without `roleId`.
    role: Option<String>,
    /// The id of a role of the workspace's own; `null` takes it away, and leaves
    /// `staff`.
    #[serde(deserialize_with = "given")]
    role_id: Option<Option<RoleId>>,
    /// Whether it sees only some companies and their clients.
    is_client_access_limited: Option<bool>,
    /// Which companies.
    company_access_list: Option<Vec<String>>,
}

impl InternalUserFields {
    pub(crate) fn into_draft(self) -> Result<InternalUserDraft, Invalid> {
        let company_access = self.company_access(&CompanyAccess::ALL)?;
        let role = self.role(None)?.ok_or_else(|| Invalid::missing("role"))?;
        Ok(InternalUserDraft {
            name: PersonName::from_fields(
                self.given_name.as_deref(),
                self.family_name.as_deref(),
                self.name.as_deref(),
            )?,
            email: Email::parse("email", self.email.as_deref().unwrap_or_default())?,
            role,
            company_access: company_access.unwrap_or_default(),
        })
    }

    pub(crate) fn into_patch(self, before: &InternalUser) -> Result<InternalUserPatch, Invalid> {
        if self
            .email
            .as_ref()
            .is_some_and(|email| *email != before.email.to_string())
        {
            let message =
                "the address that an internal user signs in with stays; add another internal user";
            return Err(Invalid::new("email", "field_fixed", message));
        }
        let name = match &self.name {
            Some(whole) => Some(PersonName::from_fields(
                self.given_name.as_deref(),
                self.family_name.as_deref(),
                Some(whole),
            )?),
            None => None,
        };
        let line = |field, text: Option<&String>, min| {
            text.map(|text| text::line(field, text, min, 100))
                .transpose()
        };
        let (given_name, family_name) = match name {
            Some(name) => (Some(name.given_name), Some(name.family_name)),
            None => (
                line("givenName", self.given_name.as_ref(), 1)?,
                line("familyName", self.family_name.as_ref(), 0)?,
            ),
        };
        Ok(InternalUserPatch {
            given_name,
            family_name,
            role: self.role(Some(before.role))?,
            company_access: self.company_access(&before.company_access)?,
        })
    }

    /// What the two fields mean together. Only both say that whoever has a role
    /// of the workspace's own is `staff` from now on: `staff` alone is what was
    /// shown.
    fn role(&self, before: Option<Role>) -> Result<Option<Role>, Invalid> {
        let parse = |text: &String| {
            let message = "role is admin, staff, or the id of a role of this workspace";
            Role::parse(text).ok_or_else(|| Invalid::new("role", "role_unknown", message))
        };
        let role = self.role.as_ref().map(parse).transpose()?;
        let is_custom = before.is_some_and(|before| before.custom().is_some());
        match (role, self.role_id) {
            (Some(Role::Staff), None) if is_custom => Ok(None),
            (role, None) => Ok(role),
            (None, Some(None)) => Ok(is_custom.then_some(Role::Staff)),
            (Some(role @ (Role::Admin | Role::Staff)), Some(None)) => Ok(Some(role)),
            (None | Some(Role::Staff), Some(Some(id))) => Ok(Some(Role::Custom(id))),
            (Some(Role::Custom(role)), Some(Some(id))) if role == id => Ok(Some(Role::Custom(id))),
            (Some(Role::Admin | Role::Custom(_)), Some(_)) => {
                let message = "role and roleId name different roles; leave one of them out";
                Err(Invalid::new("roleId", "role_contradictory", message))
            }
        }
    }

    /// What the two fields mean together. The list alone limits; the flag alone
    /// keeps the list that there is.
    fn company_access(&self, before: &CompanyAccess) -> Result<Option<CompanyAccess>, Invalid> {
        let parse = |(place, id): (usize, &String)| {
            id.parse::<CompanyId>().map_err(|_| {
                let field = format!("companyAccessList[{place}]");
                Invalid::new(
                    &field,
                    "company_unknown",
                    format!("there is no company {id:?}"),
                )
            })
        };
        let list = self.company_access_list.as_deref();
        let list = list.map(|ids| {
            ids.iter()
                .enumerate()
                .map(parse)
                .collect::<Result<Vec<_>, _>>()
        });
        match (self.is_client_access_limited, list.transpose()?) {
            (None, None) => Ok(None),
            (Some(true) | None, Some(list)) => CompanyAccess::only(list).map(Some),
            (Some(true), None) if before.is_limited() => Ok(None),
            (Some(true), None) => Err(Invalid::missing("companyAccessList")),
            (Some(false), Some(list)) if !list.is_empty() => Err(Invalid::new(
                "companyAccessList",
                "company_access_contradictory",
                "whoever is not limited sees all companies; leave the list out",
            )),
            (Some(false), _) => Ok(Some(CompanyAccess::ALL)),
        }
    }
}

/// Refuses to give a role that allows more than the caller may do, and, where
/// the plan has no roles of the workspace's own, one of those.
pub(crate) async fn require_given(app: &App, caller: &Caller, role: Role) -> Result<(), Problem> {
    if role.custom().is_some() {
        caller.require_feature(Feature::CustomRoles)?;
    }
    caller.require_role(app, role).await
}

/// Refuses a limit to companies that the workspace does not have.
pub(crate) async fn check_companies(
    workspace: &WorkspaceStore<'_>,
    access: &CompanyAccess,
) -> Result<(), Problem> {
    let ids = access.limit().into_iter().flatten().copied();
    match workspace.unknown_company(ids).await? {
        None => Ok(()),
        Some(id) => Err(Invalid::new(
            "companyAccessList",
            "company_unknown",
            format!("there is no company {id} in this workspace"),
        )
        .into()),
    }
}
