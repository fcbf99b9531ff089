//! `POST /portal/invitations`: a client invites a colleague into its company.

use portico_app::{App, Grant};
use portico_domain::{
    Actor, Client, ClientDraft, Companies, CompanyId, CreationMethod, Email, Invalid, Invitation,
    PersonName, Workspace,
};
use portico_store::{CommitError, WorkspaceStore};
use portico_web::{
    Body, Function, Operation, PortalCaller, Problem, Request, Response, Route, admit_client, body,
    count_mail, ok, refuse_if_full, retry_stale, schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this function answers to.
pub const ROUTE: Route = Route::post("portal-invite", "/portal/invitations").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::GET,
    Grant::BATCH_GET,
    Grant::PUT,
    Grant::UPDATE,
    Grant::CHECK,
];

const OPERATION: Operation = Operation {
    summary: "Invite a colleague",
    description: "Into one of the own companies, where the workspace lets clients do so. A colleague of that company who has not come in yet is mailed again. The answer is the same whether or not the address is known. Where the plan of the workspace allows no more clients, nobody is invited (`no_new_accounts`).",
    query: &[],
    body: Some(schema::<NewColleague>),
    answer: Body::Json(schema::<Invited>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// Who is invited, and whereto.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewColleague {
    /// First name.
    given_name: String,
    /// Last name; empty for a single name.
    family_name: String,
    /// The address.
    email: String,
    /// One of the own companies; the primary one if left out.
    company_id: Option<CompanyId>,
}

/// That an invitation may be on its way.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ColleagueInvited")]
struct Invited {
    /// What is so whether or not the address was known.
    message: &'static str,
}

const PERHAPS: Invited = Invited {
    message: "unless this address belongs to a client already, an invitation is on its way",
};

/// Invites a colleague.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    let me = &caller.client;
    let wanted: NewColleague = body(&request)?;
    let workspace = app.store.workspace(me.workspace_id);
    let settings = workspace.get().await?;
    if !settings.are_client_invites_allowed {
        return Err(Problem::client_invites_off());
    }
    if settings.companies == Companies::Off {
        return Err(companies_off().into());
    }
    let company = wanted
        .company_id
        .or_else(|| me.company_ids.first().copied());
    let company = company
        .filter(|company| me.is_in(*company))
        .ok_or_else(|| {
            Invalid::new("companyId", "company_unknown", "you are in no such company")
        })?;
    let name = PersonName::from_fields(
        Some(wanted.given_name.as_str()),
        Some(wanted.family_name.as_str()),
        None,
    )?;
    let email = Email::parse("email", &wanted.email)?;
    count_mail(app, &workspace, &request, &email).await?;

    let origin = caller.change(app, &request).origin;
    refuse_if_full(app, &settings, &origin).await?;
    let draft = ClientDraft {
        company_ids: vec![company],
        ..ClientDraft::new(name, email.clone())
    };
    let invited = match add(app, &request, (&caller, &settings), draft.clone(), true).await {
        // The client that invites was changed meanwhile. That it did something
        // is a note that the invitation does not wait for.
        Err(problem) if problem.is_stale() => {
            add(app, &request, (&caller, &settings), draft, false).await
        }
        done => done,
    };
    match invited {
        // A client learns nothing about who else the business serves.
        Err(problem) if problem.has_code("email_taken") => {
            refuse_if_inactive(&workspace, company).await?;
            invite_again(app, &request, &caller, (&settings, company, &email)).await
        }
        invited => invited,
    }
}

/// Adds the colleague with its invitation, and notes that the client who
/// invites did something.
async fn add(
    app: &App,
    request: &Request,
    (caller, settings): (&PortalCaller, &Workspace),
    draft: ClientDraft,
    is_noted: bool,
) -> Result<Response, Problem> {
    let me = &caller.client;
    let change = caller.change(app, request);
    let mut change = change.with_client_limit(settings.plan.client_limit);
    let author = Actor::Client { id: me.id };
    let mut client = Client::create(change.moment, me.workspace_id, draft, author);
    client.creation_method = CreationMethod::Client;
    let lifetime = settings.invitation_lifetime();
    Invitation::open(&mut change, &mut client, None, lifetime, author)?;
    change.save_client(None, client);
    let mut active = me.clone();
    if is_noted && active.note_activity(change.moment.now) {
        change.save_client(Some(me), active);
    }
    let answer = ok(&PERHAPS);
    caller
        .commit_within_limit(app, settings, &change, answer)
        .await
}

/// Refuses where somebody with another address would be refused: what an answer
/// says must not depend on whether the address is known.
async fn refuse_if_inactive(
    workspace: &WorkspaceStore<'_>,
    company: CompanyId,
) -> Result<(), CommitError> {
    match workspace.company(company).await? {
        Some(found) if found.is_active => Ok(()),
        Some(found) => Err(CommitError::InactiveCompany(company, found.name)),
        None => Err(CommitError::UnknownCompany(company)),
    }
}

/// Mails a colleague of the same company again who has not come in yet. Whose
/// invitation the team has withdrawn is for the team to invite, and whoever is
/// in another company is no business of this client's.
async fn invite_again(
    app: &App,
    request: &Request,
    caller: &PortalCaller,
    (settings, company, email): (&Workspace, CompanyId, &Email),
) -> Result<Response, Problem> {
    let workspace = app.store.workspace(settings.id);
    retry_stale(|| async {
        let id = workspace.client_id_of(email).await?;
        let known = match id {
            Some(id) => workspace.client(id).await?,
            None => None,
        };
        let known = known.filter(|known| {
            !known.is_archived()
                && known.is_in(company)
                && known.activated_at.is_none()
                && known.withdrawn_at.is_none()
        });
        let answer = ok(&PERHAPS);
        // The answer is kept for its idempotency key in any case: whether it is
        // given again says nothing either.
        let nothing = caller.change(app, request);
        let Some(before) = known else {
            return caller.commit(app, &nothing, answer).await;
        };
        let open = workspace.open_invitation(&before).await?;
        let mut change = caller.change(app, request);
        let mut after = before.clone();
        let author = caller.session.account.actor();
        let lifetime = settings.invitation_lifetime();
        if Invitation::send(&mut change, &mut after, open, lifetime, author).is_err() {
            // It was sent a moment ago.
            return caller.commit(app, &nothing, answer).await;
        }
        change.save_client(Some(&before), after);
        match caller.commit(app, &change, answer).await {
            // Another company of the colleague's, of which nothing is told.
            Err(problem)
                if problem.has_code("company_inactive") || problem.has_code("company_unknown") =>
            {
                caller.commit(app, &nothing, ok(&PERHAPS)).await
            }
            done => done,
        }
    })
    .await
}

/// What a client is told, who can turn nothing on.
fn companies_off() -> Invalid {
    let message = "clients are not grouped in companies here, so there is none to invite into";
    Invalid::new("companyId", "companies_off", message)
}
