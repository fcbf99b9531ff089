//! In which companies a client can be, by the settings of its workspace.

use portico_app::App;
use portico_domain::{
    Change, Companies, Company, CompanyId, CompanyName, CompanyPatch, Invalid, Permission,
    Workspace,
};
use portico_store::WorkspaceStore;
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
    /// is only one, that is it.
    pub(crate) async fn at_creation(
        &self,
        change: &mut Change<'_>,
        wanted: Option<Wanted>,
    ) -> Result<Vec<CompanyId>, Problem> {
        let ids = match wanted {
            Some(wanted) => self.resolve(change, wanted).await?,
            None => Vec::new(),
        };
        if ids.is_empty() && self.settings.companies == Companies::Required {
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
        wanted: Wanted,
    ) -> Result<Option<Vec<CompanyId>>, Problem> {
        let ids = self.resolve(change, wanted).await?;
        match (self.settings.companies, ids.is_empty()) {
            (Companies::Off, _) => Ok(None),
            (Companies::Required, true) => Err(required().into()),
            _ => Ok(Some(ids)),
        }
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
                Ok(ids)
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
        if let Some(company) = self.workspace.company_named(name).await? {
            return Ok(company.id);
        }
        let needed = Permission::ManageClientOrganizations;
        if !self.caller.may(needed) {
            return Err(Problem::permission_missing(needed));
        }
        let fields = CompanyPatch::default();
        let company = Company::create(change, self.settings.id, name.clone(), fields);
        Ok(change.save_company(None, company).id)
    }
}

fn required() -> Invalid {
    let message = "in this workspace every client is in a company; name one in companyIds";
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
