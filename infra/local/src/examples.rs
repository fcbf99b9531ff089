//! The company and the clients that a new workspace has, so that there is
//! something to look at. They can be deleted like any others.

use portico_domain::{
    Actor, Change, Client, ClientDraft, Company, CompanyName, CompanyPatch, Email, Invalid, Moment,
    PersonName, WorkspaceId,
};
use portico_store::{CommitError, Error, Store};

/// The examples could not be added.
#[derive(Debug, thiserror::Error)]
pub enum ExamplesError {
    /// The table did not answer.
    #[error("failed to look for the example company")]
    Store(#[from] Error),
    /// They could not be written.
    #[error("failed to write the example clients")]
    Commit(#[from] CommitError),
    /// They are not what the rules allow.
    #[error("failed to check the example clients")]
    Invalid(#[from] Invalid),
}

/// Adds John Doe and Jane Doe in Rocket Rides. A company or a client that is
/// there already comes from an attempt that was cut off, and is left as it is.
pub async fn add_examples(
    store: &Store,
    moment: Moment<'_>,
    id: WorkspaceId,
) -> Result<(), ExamplesError> {
    let workspace = store.workspace(id);
    let name = CompanyName::parse("name", "Rocket Rides")?;
    let company = if let Some(company) = workspace.company_named(&name).await? {
        company
    } else {
        let mut change = Change::by_system(moment);
        let company = Company::create(&mut change, id, name, CompanyPatch::default());
        let company = change.save_company(None, company);
        workspace.commit(&change).await?;
        company
    };
    for (given_name, email) in [
        ("John", "john.doe@example.com"),
        ("Jane", "jane.doe@example.com"),
    ] {
        let person = PersonName {
            given_name: given_name.to_owned(),
            family_name: "Doe".to_owned(),
        };
        let draft = ClientDraft {
            company_ids: vec![company.id],
            ..ClientDraft::new(person, Email::parse("email", email)?)
        };
        let mut change = Change::by_system(moment);
        let client = Client::create(moment, id, draft, Actor::System);
        change.save_client(None, client);
        match workspace.commit(&change).await {
            Ok(()) | Err(CommitError::EmailTaken(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
