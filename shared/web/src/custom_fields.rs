//! Values of custom fields, as callers write them.

use crate::Problem;
use portico_domain::{CustomValues, FieldEntity, given_values};
use portico_store::WorkspaceStore;
use serde_json::Value;

/// Checks the values that a caller gives for a client or a company. The fields
/// are read only if there are any.
pub async fn custom_values(
    workspace: &WorkspaceStore<'_>,
    entity: FieldEntity,
    given: Option<&Value>,
) -> Result<CustomValues, Problem> {
    let given = given_values(given)?;
    if given.is_empty() {
        return Ok(CustomValues::default());
    }
    Ok(workspace.field_set(entity).await?.check(given)?)
}

/// The same for a client or a company that has `before`: `null` in the place of
/// the values clears all of them.
pub async fn changed_values(
    workspace: &WorkspaceStore<'_>,
    entity: FieldEntity,
    before: &CustomValues,
    given: Option<Option<&Value>>,
) -> Result<CustomValues, Problem> {
    match given {
        Some(None) => Ok(before.replacement(CustomValues::default())),
        Some(given @ Some(_)) => custom_values(workspace, entity, given).await,
        None => Ok(CustomValues::default()),
    }
}
