//! Who is billed, as callers name it.

use portico_app::App;
use portico_domain::{BilledTo, Change, Client, ClientId, Companies, CompanyId, Invalid};
use portico_web::{Caller, Problem};

/// What a caller says of who is billed; an empty text says nothing.
#[derive(Debug)]
pub(crate) struct Named<'a> {
    /// A client.
    pub(crate) client: &'a str,
    /// A company.
    pub(crate) company: &'a str,
    /// Either of them, where neither is named.
    pub(crate) recipient: &'a str,
}

impl Named<'_> {
    /// Who that is. The company has to be as it was read when the change is
    /// written.
    pub(crate) async fn find(
        &self,
        app: &App,
        caller: &Caller,
        change: &mut Change<'_>,
    ) -> Result<BilledTo, Problem> {
        match (self.client, self.company) {
            ("", "") => self.recipient(app, caller, change).await,
            ("", company) => {
                let billed = self::company(app, caller, change, "companyId", company).await?;
                billed.ok_or_else(|| unknown("companyId", "company", company).into())
            }
            (id, company) => {
                let found = self::client(app, caller, id).await?;
                let found = found.ok_or_else(|| unknown("clientId", "client", id))?;
                of_client(app, caller, change, &found, company).await
            }
        }
    }

    async fn recipient(
        &self,
        app: &App,
        caller: &Caller,
        change: &mut Change<'_>,
    ) -> Result<BilledTo, Problem> {
        let id = self.recipient;
        if id.is_empty() {
            let message = "say who is billed: clientId, companyId, or both";
            return Err(Invalid::new("clientId", "field_required", message).into());
        }
        if let Some(found) = client(app, caller, id).await? {
            return of_client(app, caller, change, &found, "").await;
        }
        let billed = company(app, caller, change, "recipientId", id).await?;
        billed.ok_or_else(|| unknown("recipientId", "client and no company", id).into())
    }
}

async fn client(app: &App, caller: &Caller, id: &str) -> Result<Option<Client>, Problem> {
    match id.parse::<ClientId>() {
        Ok(id) => Ok(caller.client(app, id).await?),
        Err(_) => Ok(None),
    }
}

async fn of_client(
    app: &App,
    caller: &Caller,
    change: &mut Change<'_>,
    client: &Client,
    company: &str,
) -> Result<BilledTo, Problem> {
    let named: Option<CompanyId> = match company {
        "" => None,
        text => {
            let id = text.parse();
            Some(id.map_err(|_| unknown("companyId", "company", text))?)
        }
    };
    let are_companies_off = caller.workspace.companies == Companies::Off;
    let billed = BilledTo::client(client, named, &caller.companies, are_companies_off)?;
    if let Some(id) = billed.company_id {
        let found = self::company(app, caller, change, "companyId", &id.to_string()).await?;
        found.ok_or_else(|| unknown("companyId", "company", &id.to_string()))?;
    }
    Ok(billed)
}

/// The company with this id, if the caller sees it. One that is not active is
/// billed like any other: it may owe something from before.
async fn company(
    app: &App,
    caller: &Caller,
    change: &mut Change<'_>,
    field: &str,
    id: &str,
) -> Result<Option<BilledTo>, Problem> {
    let Ok(id) = id.parse::<CompanyId>() else {
        return Ok(None);
    };
    let found = caller.store(app).company(id).await?;
    let is_seen = |id| caller.companies.covers(id);
    let Some(found) = found.filter(|found| found.deleted_at.is_none() && is_seen(found.id)) else {
        return Ok(None);
    };
    if found.is_placeholder {
        let message =
            "this company only stands in for \"no company\" for one client; give clientId instead";
        return Err(Invalid::new(field, "company_is_placeholder", message).into());
    }
    change.based_on_companies.push((found.id, found.version));
    Ok(Some(BilledTo::company(found.id)))
}

fn unknown(field: &str, what: &str, id: &str) -> Invalid {
    let code = match field {
        "clientId" => "client_unknown",
        "companyId" => "company_unknown",
        _ => "recipient_unknown",
    };
    let message = format!("there is no {what} {id:?} in this workspace");
    Invalid::new(field, code, message)
}
