//! Asking for a service, in the portal and on behalf of a client.

use crate::Problem;
use portico_domain::{Change, Client, CompanyId, Invalid, RequestDraft, ServiceId, ServiceRequest};
use portico_store::WorkspaceStore;

/// What is asked for, and for whom.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The client.
    pub client: &'a Client,
    /// The company; `None` for the client alone.
    pub company_id: Option<CompanyId>,
    /// The service.
    pub service_id: ServiceId,
    /// What it is about.
    pub draft: RequestDraft,
}

/// Asks for it in this change, as whoever asks for the change.
pub async fn ask(
    workspace: &WorkspaceStore<'_>,
    change: &mut Change<'_>,
    asked: Ask<'_>,
) -> Result<ServiceRequest, Problem> {
    let id = asked.service_id;
    let service = workspace.service(id).await?.ok_or_else(|| {
        let message = format!("there is no service {id} in this workspace");
        Invalid::new("serviceId", "service_unknown", message)
    })?;
    let company = match asked.company_id {
        None => None,
        Some(id) => {
            let company = workspace.company(id).await?;
            let company = company.filter(|company| company.deleted_at.is_none());
            Some(company.ok_or_else(|| no_company(id))?)
        }
    };
    let author = change.origin.actor;
    let (client, draft) = (asked.client, asked.draft);
    let request = ServiceRequest::ask(change, client, company.as_ref(), &service, draft, author)?;
    Ok(request)
}

/// The company for which a client asks: the one that is named, else its primary
/// one. The placeholder of a client without a company stands for none.
pub fn company_of(client: &Client, named: Option<CompanyId>) -> Result<Option<CompanyId>, Invalid> {
    match named {
        None => Ok(client.company_ids.first().copied()),
        Some(id) if client.is_in(id) => Ok(Some(id)),
        Some(id) if client.placeholder_id == Some(id) => Ok(None),
        Some(id) => Err(no_company(id)),
    }
}

fn no_company(id: CompanyId) -> Invalid {
    let message = format!("the client is in no company {id}");
    Invalid::new("companyId", "company_unknown", message)
}
