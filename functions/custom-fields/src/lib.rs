//! The functions behind `/v1/custom-fields`.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod options;
pub mod update;

use portico_domain::{CustomFieldId, FieldSet};
use portico_store::WorkspaceStore;
use portico_web::{Function, Problem};

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    options::FUNCTION,
    update::FUNCTION,
    delete::FUNCTION,
];

/// The set that has a field with this id.
async fn find(workspace: &WorkspaceStore<'_>, id: CustomFieldId) -> Result<FieldSet, Problem> {
    let sets = workspace.field_sets().await?;
    sets.into_iter()
        .find(|set| set.find(id).is_some())
        .ok_or_else(|| Problem::not_found("custom field"))
}
