//! Functions that answer callers: a route, what it may do, how it is
//! documented, and its handler.

use crate::{Problem, Request, Response, Route};
use portico_app::{App, Grant};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};
use std::{fmt, pin::Pin};

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send + 'a>>;
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A function that answers callers.
#[derive(Clone, Copy)]
pub struct Function {
    /// What it answers to.
    pub route: &'static Route,
    /// What its handler may do in AWS.
    handler_grants: &'static [Grant],
    /// What the OpenAPI document says of it.
    pub operation: &'static Operation,
    /// How many calls to the table it has under way at once, at most.
    pub at_once: usize,
    /// Answers a request.
    pub handle: for<'a> fn(&'a App, Request) -> Answer<'a>,
}

/// What the OpenAPI document says of a function.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// In a few words.
    pub summary: &'static str,
    /// What a caller should know beyond that.
    pub description: &'static str,
    /// What it reads from the query.
    pub query: &'static [Parameter],
    /// What it reads from the body.
    pub body: Option<SchemaOf>,
    /// What it answers when all goes well.
    pub answer: Body,
}

/// A query parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Its JSON type.
    pub kind: &'static str,
    /// What form a text has, as JSON Schema names it, if it has one.
    pub format: Option<&'static str>,
}

/// What a function answers when all goes well.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// 200 with JSON.
    Json(SchemaOf),
    /// 201 with JSON.
    Created(SchemaOf),
    /// 200 with a page.
    Page,
    /// 200 with JSON of no fixed form.
    Document,
    /// 200 with a picture.
    Picture,
}

impl Function {
    /// A function of these parts.
    pub const fn new(
        route: &'static Route,
        grants: &'static [Grant],
        operation: &'static Operation,
        handle: for<'a> fn(&'a App, Request) -> Answer<'a>,
    ) -> Self {
        Self {
            route,
            handler_grants: grants,
            operation,
            at_once: 1,
            handle,
        }
    }

    /// The same, which has so many calls to the table under way at once.
    pub const fn calling(self, at_once: usize) -> Self {
        Self { at_once, ..self }
    }

    /// What it may do in AWS: what letting in its callers needs, and what its
    /// handler says.
    pub fn grants(&self) -> Vec<Grant> {
        let admission = self.route.access.grants();
        let own = self
            .handler_grants
            .iter()
            .filter(|grant| !admission.contains(grant));
        admission.iter().chain(own).copied().collect()
    }
}

/// The schema of a type, for an [`Operation`].
pub fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The schema of a body that is a picture, not JSON.
pub fn picture(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "contentMediaType": PICTURES[0] })
}

/// What pictures call themselves.
pub(crate) const PICTURES: [&str; 2] = ["image/jpeg", "image/png"];

impl Parameter {
    /// How many things a page has at most.
    pub const LIMIT: Self = Self {
        name: "limit",
        description: "How many items a page has at most: 100 unless given; more than 1000 counts as 1000.",
        kind: "integer",
        format: None,
    };
    /// Where a list goes on.
    pub const NEXT_TOKEN: Self = Self {
        name: "nextToken",
        description: "Where the list goes on: `nextToken` of the page before, with the same other parameters. Good for 24 hours.",
        kind: "string",
        format: None,
    };

    /// What its value has to be.
    pub(crate) fn schema(&self) -> Value {
        let mut schema = json!({ "type": self.kind });
        if let Some(format) = self.format {
            schema["format"] = format.into();
        }
        schema
    }

    /// A parameter that is a time.
    pub const fn time(name: &'static str, description: &'static str) -> Self {
        Self {
            format: Some("date-time"),
            ..Self::text(name, description)
        }
    }

    /// A parameter that is the id of something.
    pub const fn id(name: &'static str, description: &'static str) -> Self {
        Self {
            format: Some("uuid"),
            ..Self::text(name, description)
        }
    }

    /// A parameter that is a text.
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind: "string",
            format: None,
        }
    }

    /// A parameter that is `true` or `false`.
    pub const fn flag(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind: "boolean",
            format: None,
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
