//! `POST /v1/clients`: adds a client to the caller's workspace, and invites it
//! if asked.

use crate::{
    companies::{self, Places},
    fields::ClientFields,
    view::view,
};
use portico_app::{App, Grant};
use portico_domain::{
    AddressMark, Client, ClientDraft, ClientView, FieldEntity, Invitation, InviteRefusal,
    Permission,
};
use portico_store::Index;
use portico_web::{
    Body, Caller, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body,
    check_account_managers, custom_values, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::post("clients-create", "/v1/clients")
    .needs(Permission::CreateClients)
    .also_at(&["/v1/client"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi2),
    Grant::PUT,
    Grant::UPDATE,
    Grant::CHECK,
];

const OPERATION: Operation = Operation {
    summary: "Add a client",
    description: "The e-mail address is unique in the workspace whatever its case. Without a company the client gets a placeholder company of its own; where the workspace requires companies, it gets the only one there is, or is refused. `companyName` names a company instead of the ids; if there is none of that name, it is added in the same transaction, for which `manage_client_organizations` is needed too.",
    query: &[SEND_INVITE, Parameter::DRY_RUN],
    body: Some(schema::<ClientFields>),
    answer: Body::Json(schema::<ClientView>),
};

pub(crate) const SEND_INVITE: Parameter =
    Parameter::flag("sendInvite", "Send the client an invitation by e-mail.");

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Adds a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let invite = request.flag("sendInvite")?.unwrap_or(false);
    add(app, &caller, body(&request)?, invite).await
}

/// Adds one client, alone or as one of many.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    mut fields: ClientFields,
    invite: bool,
) -> Result<Response, Problem> {
    let (wanted, values) = (fields.take_companies()?, fields.custom_fields.take());
    let mut draft = ClientDraft::try_from(fields)?;
    let workspace = caller.store(app);
    draft.custom_fields =
        custom_values(&workspace, FieldEntity::Client, values.flatten().as_ref()).await?;
    draft.custom_fields.refuse_too_many()?;
    check_account_managers(&workspace, &[], &draft.account_manager_ids).await?;
    let mark = workspace.address_mark(&draft.email).await?;
    if invite && mark.as_ref().is_some_and(AddressMark::forbids_mail) {
        return Err(InviteRefusal::Complained.into());
    }
    let settings = &caller.workspace;
    let places = Places {
        workspace: &workspace,
        settings,
        caller,
    };
    retry_stale(|| async {
        let mut change = caller.change(app);
        let mut draft = draft.clone();
        draft.company_ids = places.at_creation(&mut change, wanted.clone()).await?;
        let mut client = Client::create(change.moment, caller.workspace_id, draft, caller.actor);
        client.know_address(mark.as_ref());
        if invite {
            let lifetime = settings.invitation_lifetime();
            Invitation::open(&mut change, &mut client, None, lifetime, caller.actor)?;
        }
        let client = change.save_client(None, client);
        let answer = ok(&view(app, caller, &client));
        companies::commit(app, caller, &change, answer).await
    })
    .await
}
