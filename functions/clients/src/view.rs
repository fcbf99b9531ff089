//! Clients as callers see them.

use portico_app::App;
use portico_domain::{Client, ClientStatus, ClientView, Permission};
use portico_web::Caller;

/// The client as this caller sees it at this moment. Its link is for callers
/// who may invite; whoever has it can become the client.
pub(crate) fn view(app: &App, caller: &Caller, client: &Client) -> ClientView {
    let status = client.status(app.now());
    let mut view = client.view(status);
    if caller.may(Permission::CreateClients) {
        let open = client
            .open_invitation
            .filter(|_| status == ClientStatus::Invited);
        let url = open.map(|open| app.invite_url(client.workspace_id, open));
        view.invite_url = Some(url.unwrap_or_default());
    }
    view
}
