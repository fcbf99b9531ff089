//! Answers.

use aws_lambda_events::{apigw::ApiGatewayV2httpResponse, encodings::Body};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use std::collections::BTreeMap;

/// An answer to a caller.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: HeaderMap,
    cookies: Vec<String>,
    body: Body,
}

/// That something is gone, in the compatible API's form.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Deletion {
    id: String,
    object: &'static str,
    deleted: bool,
}

impl Deletion {
    /// The thing with this id is gone.
    pub fn new(object: &'static str, id: &impl ToString) -> Self {
        Self {
            id: id.to_string(),
            object,
            deleted: true,
        }
    }
}

/// 200 with JSON.
pub fn ok(body: &impl Serialize) -> Response {
    json(200, "application/json", body)
}

/// 201 with JSON.
pub fn created(body: &impl Serialize) -> Response {
    json(201, "application/json", body)
}

/// 200 with a page.
pub(crate) fn html(body: String) -> Response {
    Response::new(200, "text/html; charset=utf-8", body)
}

/// 200 with JSON that is written already.
pub fn document(body: String) -> Response {
    Response::new(200, "application/json", body)
}

/// 200 with a file that never changes under its address: whoever has it may
/// keep it for as long as they like. It is a picture and nothing else, whatever
/// is in it.
pub fn immutable(media_type: &'static str, bytes: Vec<u8>) -> Response {
    Response::new(200, media_type, Body::Binary(bytes))
        .with_header("cache-control", "public, max-age=31536000, immutable")
        .with_header("content-security-policy", "default-src 'none'; sandbox")
        .with_header("cross-origin-resource-policy", "cross-origin")
}

/// 303: the browser goes on to another page of ours, and a reload there sends
/// no form again.
pub fn see_other(path: &str) -> Response {
    html(String::new())
        .with_status(303)
        .with_header("location", path)
}

/// JSON of some media type.
pub(crate) fn json(status: u16, media_type: &'static str, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(body) => Response::new(status, media_type, body),
        Err(error) => {
            tracing::error!(%error, "failed to write an answer");
            Response::new(500, "application/json", String::new())
        }
    }
}

impl Response {
    fn new(status: u16, media_type: &'static str, body: impl Into<Body>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        // Answers are for this caller at this moment; nothing may keep them.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        Self {
            status,
            headers,
            cookies: Vec::new(),
            body: body.into(),
        }
    }

    /// An answer that was taken apart by [`Response::parts`].
    pub(crate) fn of_parts(status: u16, headers: BTreeMap<String, String>, body: String) -> Self {
        let mut response = Self::new(status, "application/json", body);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                response.headers.insert(name, value);
            }
        }
        response
    }

    /// Status, headers and body. Only answers to pages and to signing in set
    /// cookies, and those are not kept.
    pub(crate) fn parts(&self) -> (u16, BTreeMap<String, String>, &str) {
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value)));
        (self.status, headers.collect(), self.body())
    }

    /// Whether it is JSON and all went well.
    pub(crate) fn is_json(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE);
        kind.is_some_and(|kind| kind == "application/json")
    }

    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The body, if it is text. Only pictures are not; they are neither kept
    /// for an idempotency key nor part of a batch.
    pub(crate) fn body(&self) -> &str {
        match &self.body {
            Body::Text(text) => text,
            _ => "",
        }
    }

    /// 304: the caller has this already.
    pub(crate) fn not_modified(mut self) -> Self {
        self.headers.remove(header::CONTENT_TYPE);
        self.status = 304;
        self.body = Body::Text(String::new());
        self
    }

    /// With another status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// With this header too.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(HeaderName::from_static(name), value);
            }
            Err(error) => tracing::error!(%error, name, "failed to write a header"),
        }
        self
    }

    /// With this cookie set.
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// As API Gateway wants it.
    pub(crate) fn into_gateway(self) -> ApiGatewayV2httpResponse {
        let mut response = ApiGatewayV2httpResponse::default();
        response.status_code = i64::from(self.status);
        response.headers = self.headers;
        response.cookies = self.cookies;
        response.is_base64_encoded = matches!(self.body, Body::Binary(_));
        response.body = Some(self.body);
        response
    }
}
