//! `PATCH /v1/custom-fields/{id}`: renames a field, moves it, or changes its
//! options.

use crate::find;
use portico_app::{App, Grant};
use portico_domain::{
    CustomFieldView, Feature, FieldPatch, Invalid, OptionPatch, Permission, parse_color, text,
};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::patch("custom-fields-update", "/v1/custom-fields/{id}")
    .needs(Permission::ManageClientOrganizations)
    .part_of(Feature::CustomFields);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Change a custom field",
    description: "What is not given stays as it is. Its key and its type never change. `options` are all options in their new order: those that there are by their `key`, new ones by their `label` alone; none can be left out, because values may hold them.",
    query: &[],
    body: Some(schema::<FieldChange>),
    answer: Body::Json(schema::<CustomFieldView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What shall change about a field.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct FieldChange {
    /// What people read.
    name: Option<String>,
    /// Its place among the fields, from 0.
    order: Option<u16>,
    /// All options from now on.
    options: Option<Vec<OptionChange>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct OptionChange {
    /// The key of an option that there is.
    key: Option<String>,
    /// What people read.
    label: Option<String>,
    /// The colour behind it, such as `#9BBFFF`.
    color: Option<String>,
}

/// Changes the field.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    caller.refuse_limited()?;
    let id = request.path_id("custom field")?;
    let patch = FieldPatch::try_from(body::<FieldChange>(&request)?)?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&CustomFieldView::of(&before, id))?;
        if let Some(name) = &patch.name
            && before.has_named(name, Some(id))
        {
            return Err(Problem::custom_field_name_taken("name", name));
        }
        let mut after = before.clone();
        let mut change = caller.change(app);
        after.update(&mut change, id, patch.clone())?;
        change.save_field_set(&before, after.clone());
        let view = CustomFieldView::of(&after, id);
        let answer = ok(&view.ok_or_else(|| Problem::not_found("custom field"))?);
        caller.commit(app, &change, answer).await
    })
    .await
}

impl TryFrom<FieldChange> for FieldPatch {
    type Error = Invalid;

    fn try_from(change: FieldChange) -> Result<Self, Invalid> {
        let option = |(number, option): (usize, OptionChange)| {
            let place = |name: &str| format!("options[{number}].{name}");
            Ok(OptionPatch {
                key: option.key,
                label: option
                    .label
                    .map(|label| OptionPatch::label(&place("label"), &label))
                    .transpose()?,
                color: option
                    .color
                    .map(|color| parse_color(&place("color"), &color))
                    .transpose()?,
            })
        };
        let options = change
            .options
            .map(|options| options.into_iter().enumerate().map(option).collect());
        Ok(Self {
            name: change
                .name
                .map(|name| text::line("name", &name, 1, 50))
                .transpose()?,
            order: change.order.map(usize::from),
            options: options.transpose()?,
        })
    }
}
