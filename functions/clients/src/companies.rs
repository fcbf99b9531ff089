//! In which companies a client can be, by the settings of its workspace and by
//! the companies that the caller is limited to.

use portico_app::App;
use portico_domain::{
    Change, Client, Companies, Company, CompanyId, CompanyName, CompanyPatch, Invalid,
    MAX_COMPANIES, Permission, Workspace,
};
use portico_store::{CommitError, WorkspaceStore};
use portico_web::{Caller, Problem, Response};

/// In which companies a caller wants a client to be.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// In these.
    Ids(Vec<CompanyId>),
    /// In the one of this name, which is added if there is none.
    Named(CompanyName),
}

/// What decides about companies, beside what is wanted.
pub(crate) struct Places<'a> {
    pub(crate) workspace: &'a WorkspaceStore<'a>,
    pub(crate) settings: &'a Workspace,
    pub(crate) caller: &'a Caller,
}

impl Places<'_> {
    /// The companies of a new client. Where a client has to be in one and there
    /// is only one, or only one that the caller sees, that is it.
    pub(crate) async fn at_creation(
        &self,
        change: &mut Change<'_>,
        wanted: Option<Wanted>,
    ) -> Result<Vec<CompanyId>, Problem> {
        let ids = match wanted {
            Some(wanted) => self.resolve(change, wanted).await?,
            None => Vec::new(),
        };
        if !ids.is_empty() {
            return Ok(ids);
        }
        if let Some(inside) = self.caller.companies.limit() {
            // With companies off there is none to be inside.
            if self.settings.companies == Companies::Off {
                self.caller.refuse_limited()?;
            }
            return match inside.first() {
                Some(only) if inside.len() == 1 => Ok(vec![*only]),
                Some(_) | None => Err(inside_required().into()),
            };
        }
        if self.settings.companies == Companies::Required {
            let only = self.workspace.only_company().await?;
            return Ok(vec![only.ok_or_else(required)?]);
        }
        Ok(ids)
    }

    /// The companies that a client shall be in from now on. Programs that know
    /// nothing of companies clear them; while there are none, that changes
    /// nothing.
    pub(crate) async fn at_change(
        &self,
        change: &mut Change<'_>,
        before: &Client,
        wanted: Wanted,
    ) -> Result<Option<Vec<CompanyId>>, Problem> {
        let wanted = match wanted {
            Wanted::Ids(ids) => Wanted::Ids(without_placeholder(before, ids)),
            named @ Wanted::Named(_) => named,
        };
        if self.is_as_it_is(before, &wanted) {
            return Ok(None);
        }
        let ids = self.resolve(change, wanted).await?;
        match (self.settings.companies, ids.is_empty()) {
            (Companies::Off, _) => Ok(None),
            (_, true) if self.caller.companies.is_limited() => Err(inside_required().into()),
            (Companies::Required, true) => Err(required().into()),
            _ => Ok(Some(self.with_those_outside(before, ids)?)),
        }
    }

    /// Whether a caller only writes back what it has read. While companies are
    /// off that can be one of several, as programs do that know one only.
    fn is_as_it_is(&self, before: &Client, wanted: &Wanted) -> bool {
        let Wanted::Ids(wanted) = wanted else {
            return false;
        };
        let ids = before.company_ids.iter().copied();
        let seen: Vec<CompanyId> = ids.filter(|id| self.caller.companies.covers(*id)).collect();
        let is_off = self.settings.companies == Companies::Off;
        *wanted == seen || (is_off && wanted.iter().all(|id| seen.contains(id)))
    }

    /// Companies that the caller does not see stay as they are, and a primary
    /// one stays primary.
    fn with_those_outside(
        &self,
        before: &Client,
        wanted: Vec<CompanyId>,
    ) -> Result<Vec<CompanyId>, Invalid> {
        let ids = before.company_ids.iter().copied();
        let outside: Vec<CompanyId> = ids
            .filter(|id| !self.caller.companies.covers(*id))
            .collect();
        let is_primary_outside = before.company_ids.first() == outside.first();
        let all = if is_primary_outside {
            [outside, wanted].concat()
        } else {
            [wanted, outside].concat()
        };
        if all.len() > MAX_COMPANIES {
            let message = format!("a client can be in {MAX_COMPANIES} companies at most");
            return Err(Invalid::new("companyIds", "too_many_companies", message));
        }
        Ok(all)
    }

    async fn resolve(
        &self,
        change: &mut Change<'_>,
        wanted: Wanted,
    ) -> Result<Vec<CompanyId>, Problem> {
        match wanted {
            Wanted::Ids(ids) if ids.is_empty() => Ok(ids),
            Wanted::Ids(ids) => {
                self.settings.refuse_companies_if_off("companyIds")?;
                let is_outside = |id: &&CompanyId| !self.caller.companies.covers(**id);
                match ids.iter().find(is_outside) {
                    // As if it did not exist.
                    Some(outside) => Err(CommitError::UnknownCompany(*outside).into()),
                    None => Ok(ids),
                }
            }
            Wanted::Named(name) => {
                self.settings.refuse_companies_if_off("companyName")?;
                Ok(vec![self.named(change, &name).await?])
            }
        }
    }

    /// The company of this name: the one that there is, or a new one that is
    /// added in the same change.
    async fn named(
        &self,
        change: &mut Change<'_>,
        name: &CompanyName,
    ) -> Result<CompanyId, Problem> {
        let company = self.workspace.company_named(name).await?;
        if let Some(company) = company.filter(|company| self.caller.companies.covers(company.id)) {
            return Ok(company.id);
        }
        self.caller.refuse_limited()?;
        let needed = Permission::ManageClientOrganizations;
        self.caller.require(needed)?;
        let fields = CompanyPatch::default();
        let company = Company::create(change, self.settings.id, name.clone(), fields);
        Ok(change.save_company(None, company).id)
    }
}

/// A client's own placeholder says that it is in no company, as `GET` shows it.
fn without_placeholder(client: &Client, mut ids: Vec<CompanyId>) -> Vec<CompanyId> {
    ids.retain(|id| Some(*id) != client.placeholder_id);
    ids
}

fn required() -> Invalid {
    let message = "in this workspace every client is in a company; name one in companyIds";
    Invalid::new("companyIds", "company_required", message)
}

fn inside_required() -> Invalid {
    let message = "you see only some companies; name one of them in companyIds";
    Invalid::new("companyIds", "company_required", message)
}

/// Writes a change in which a company may have been added by its name. If
/// somebody else was quicker to add it, that one is found by deciding again.
pub(crate) async fn commit(
    app: &App,
    caller: &Caller,
    change: &Change<'_>,
    answer: Response,
) -> Result<Response, Problem> {
    match caller.commit(app, change, answer).await {
        Err(problem) if problem.has_code("company_name_taken") => Err(Problem::stale()),
        done => done,
    }
}
