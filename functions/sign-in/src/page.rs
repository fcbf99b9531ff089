//! The pages of the front door.

use askama::Template;
use portico_domain::Workspace;
use portico_web::{Brand, FormToken, Problem, Response, branded_page};

/// The page on which somebody signs in.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) csrf: &'a str,
    pub(crate) email: &'a str,
    pub(crate) error: Option<&'a str>,
}

impl SignInPage<'_> {
    /// The page, with the cookie that its form needs.
    pub(crate) fn answer(&self, form: FormToken) -> Result<Response, Problem> {
        let title = match self.error {
            Some(_) => format!("Error: sign in to {}", self.workspace.name),
            None => format!("Sign in to {}", self.workspace.name),
        };
        let page = branded_page(&Brand::of(self.workspace), &title, self)?;
        Ok(page.with_cookie(form.cookie))
    }
}
