//! In which companies a client can be, by the settings of its workspace.

use portico_domain::{Companies, CompanyId, Invalid, Workspace};
use portico_store::WorkspaceStore;
use portico_web::Problem;

/// The companies of a new client that is to be in the `wanted` ones. Where a
/// client has to be in one and there is only one, that is it.
pub(crate) async fn at_creation(
    workspace: &WorkspaceStore<'_>,
    settings: &Workspace,
    wanted: Vec<CompanyId>,
) -> Result<Vec<CompanyId>, Problem> {
    if !wanted.is_empty() {
        settings.refuse_companies_if_off("companyIds")?;
    } else if settings.companies == Companies::Required {
        let only = workspace.only_company().await?;
        return Ok(vec![only.ok_or_else(required)?]);
    }
    Ok(wanted)
}

/// The companies that a client shall be in from now on. Programs that know
/// nothing of companies clear them; while there are none, that changes
/// nothing.
pub(crate) fn at_change(
    settings: &Workspace,
    wanted: Vec<CompanyId>,
) -> Result<Option<Vec<CompanyId>>, Invalid> {
    match (settings.companies, wanted.is_empty()) {
        (Companies::Off, true) => Ok(None),
        (Companies::Required, true) => Err(required()),
        _ => {
            settings.refuse_companies_if_off("companyIds")?;
            Ok(Some(wanted))
        }
    }
}

fn required() -> Invalid {
    let message = "in this workspace every client is in a company; name one in companyIds";
    Invalid::new("companyIds", "company_required", message)
}
