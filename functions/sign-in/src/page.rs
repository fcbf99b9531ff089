//! The pages of the front door.

use askama::Template;
use portico_app::App;
use portico_domain::{Door, Ticket, TicketPurpose, Workspace};
use portico_web::{Brand, FormToken, Problem, Request, Response, branded_page, door, form_token};
use serde::Serialize;

/// The page on which somebody signs in.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) door: Door,
    pub(crate) csrf: &'a str,
    pub(crate) email: &'a str,
    pub(crate) error: Option<&'a str>,
    /// Whether there is Google to sign in with.
    pub(crate) has_google: bool,
}

/// The page that says why somebody was not let in, and shows other ways in.
#[derive(Debug, Template)]
#[template(path = "refused.html")]
pub(crate) struct RefusedPage<'a> {
    workspace: &'a Workspace,
    door: Door,
    heading: &'a str,
    message: &'a str,
    code: &'a str,
}

impl RefusedPage<'_> {
    /// The problem, with the page.
    pub(crate) fn answer(
        workspace: &Workspace,
        door: Door,
        problem: &Problem,
    ) -> Result<Response, Problem> {
        let heading = problem.heading();
        let page = RefusedPage {
            workspace,
            door,
            heading,
            message: &problem.sentence(),
            code: problem.code(),
        };
        let page = branded_page(&Brand::of(workspace), heading, &page)?;
        Ok(problem.with_page(page))
    }
}

/// The page on which somebody has a link mailed.
#[derive(Debug, Template)]
#[template(path = "forgotten.html")]
pub(crate) struct ForgottenPage<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) door: Door,
    pub(crate) csrf: &'a str,
    pub(crate) email: &'a str,
    pub(crate) error: Option<&'a str>,
    /// The field that is wrong; empty if it is none.
    pub(crate) wrong: &'a str,
}

/// The page that says that a mail may be on its way.
#[derive(Debug, Template)]
#[template(path = "mailed.html")]
pub(crate) struct MailedPage<'a> {
    workspace: &'a Workspace,
    door: Door,
    /// The address that somebody signs up with: a mail goes there in any case.
    signs_up: Option<&'a str>,
}

/// The page on which a new password is chosen.
#[derive(Debug, Template)]
#[template(path = "reset.html")]
pub(crate) struct ResetPage<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) email: &'a str,
    pub(crate) token: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) error: Option<&'a str>,
    /// The field that is wrong; empty if it is none.
    pub(crate) wrong: &'a str,
}

/// The page with the button behind a link to sign in with.
#[derive(Debug, Template)]
#[template(path = "magic.html")]
pub(crate) struct MagicPage<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) email: &'a str,
    pub(crate) token: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) error: Option<&'a str>,
}

/// The page on which somebody signs up.
#[derive(Debug, Template)]
#[template(path = "sign_up.html")]
pub(crate) struct SignUpPage<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) csrf: &'a str,
    pub(crate) given_name: &'a str,
    pub(crate) family_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) error: Option<&'a str>,
    /// The field that is wrong; empty if it is none.
    pub(crate) wrong: &'a str,
    /// Whether there is Google to sign up with.
    pub(crate) has_google: bool,
}

/// The page behind a link that proves an address.
#[derive(Debug, Template)]
#[template(path = "verify.html")]
pub(crate) struct VerifyPage<'a> {
    workspace: &'a Workspace,
    email: &'a str,
    /// Whether somebody signs up; otherwise an address is changed.
    is_new: bool,
    token: &'a str,
    csrf: &'a str,
    error: Option<&'a str>,
    /// The field that is wrong; empty if it is none.
    wrong: &'a str,
}

/// The page that says that an address is in use now.
#[derive(Debug, Template)]
#[template(path = "verified.html")]
pub(crate) struct VerifiedPage<'a> {
    workspace: &'a Workspace,
    email: &'a str,
}

/// That a mail may be on its way, for programs.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "MailAsked")]
pub(crate) struct Mailed {
    /// What is so whether or not there is an account.
    message: &'static str,
}

impl Mailed {
    pub(crate) const PERHAPS: Self = Self {
        message: "if there is an account with this address, a mail with a link is on its way",
    };
    /// Whoever has an account is mailed a link to it, anybody else one that
    /// proves the address.
    pub(crate) const SIGNING_UP: Self = Self {
        message: "a mail with a link is on its way to this address; open the link to go on",
    };
}

impl SignInPage<'_> {
    /// The page, with the cookie that its form needs.
    pub(crate) fn answer(&self, form: FormToken) -> Result<Response, Problem> {
        let title = match self.door {
            Door::Clients => format!("Sign in to {}", self.workspace.name),
            Door::Team => format!("Sign in to the team of {}", self.workspace.name),
        };
        with_form(self.workspace, &title, self.error, self, form)
    }
}

impl ForgottenPage<'_> {
    /// The page, with the cookie that its form needs.
    pub(crate) fn answer(&self, form: FormToken) -> Result<Response, Problem> {
        let title = format!("No password at hand? {}", self.workspace.name);
        with_form(self.workspace, &title, self.error, self, form)
    }

    /// The page again, with what went wrong.
    pub(crate) fn again(
        app: &App,
        request: &Request,
        workspace: &Workspace,
        problem: &Problem,
    ) -> Result<Response, Problem> {
        let form = form_token(app, request)?;
        let page = ForgottenPage {
            workspace,
            door: door(request)?,
            csrf: &form.field.clone(),
            email: &request.field("email")?.unwrap_or_default(),
            error: Some(&problem.sentence()),
            wrong: problem.field().unwrap_or_default(),
        };
        Ok(problem.with_page(page.answer(form)?))
    }
}

impl MailedPage<'_> {
    pub(crate) fn answer(request: &Request, workspace: &Workspace) -> Result<Response, Problem> {
        Self::show(workspace, door(request)?, None)
    }

    /// The page for whoever signs up with this address.
    pub(crate) fn signing_up(workspace: &Workspace, email: &str) -> Result<Response, Problem> {
        Self::show(workspace, Door::Clients, Some(email))
    }

    fn show(
        workspace: &Workspace,
        door: Door,
        signs_up: Option<&str>,
    ) -> Result<Response, Problem> {
        let title = format!("Look into your mailbox: {}", workspace.name);
        let page = MailedPage {
            workspace,
            door,
            signs_up,
        };
        branded_page(&Brand::of(workspace), &title, &page)
    }
}

impl ResetPage<'_> {
    /// The page, with the cookie that its form needs.
    pub(crate) fn answer(&self, form: FormToken) -> Result<Response, Problem> {
        let title = format!("Choose a new password for {}", self.workspace.name);
        with_form(self.workspace, &title, self.error, self, form)
    }
}

impl MagicPage<'_> {
    /// The page, with the cookie that its form needs.
    pub(crate) fn answer(&self, form: FormToken) -> Result<Response, Problem> {
        let title = format!("Sign in to {}", self.workspace.name);
        with_form(self.workspace, &title, self.error, self, form)
    }
}

impl SignUpPage<'_> {
    /// The page, with the cookie that its form needs.
    pub(crate) fn answer(&self, form: FormToken) -> Result<Response, Problem> {
        let title = format!("Sign up with {}", self.workspace.name);
        with_form(self.workspace, &title, self.error, self, form)
    }
}

impl VerifyPage<'_> {
    /// The page of this ticket, with what went wrong.
    pub(crate) fn answer(
        app: &App,
        request: &Request,
        workspace: &Workspace,
        ticket: &Ticket,
        problem: Option<&Problem>,
    ) -> Result<Response, Problem> {
        let (email, is_new) = match &ticket.purpose {
            TicketPurpose::SignUp { email, .. } => (email, true),
            TicketPurpose::ChangeEmail { to, .. } => (to, false),
            TicketPurpose::ResetPassword
            | TicketPurpose::Join
            | TicketPurpose::SignIn
            | TicketPurpose::VerifyEmail { .. } => return Err(Problem::unknown_link()),
        };
        let form = form_token(app, request)?;
        let sentence = problem.map(Problem::sentence);
        let page = VerifyPage {
            workspace,
            email: email.as_str(),
            is_new,
            token: request.path("token"),
            csrf: &form.field.clone(),
            error: sentence.as_deref(),
            wrong: problem.and_then(Problem::field).unwrap_or_default(),
        };
        let title = format!("Confirm your e-mail address: {}", workspace.name);
        with_form(workspace, &title, page.error, &page, form)
    }
}

impl VerifiedPage<'_> {
    pub(crate) fn answer(workspace: &Workspace, email: &str) -> Result<Response, Problem> {
        let title = format!("Your address is changed: {}", workspace.name);
        let page = VerifiedPage { workspace, email };
        branded_page(&Brand::of(workspace), &title, &page)
    }
}

/// A page of a workspace that has a form. Its title says so first if something
/// went wrong: it is what a screen reader reads first.
fn with_form(
    workspace: &Workspace,
    title: &str,
    error: Option<&str>,
    content: &impl Template,
    form: FormToken,
) -> Result<Response, Problem> {
    let title = match error {
        Some(_) => format!("Error: {title}"),
        None => title.to_owned(),
    };
    let page = branded_page(&Brand::of(workspace), &title, content)?;
    Ok(page.with_cookie(form.cookie))
}
