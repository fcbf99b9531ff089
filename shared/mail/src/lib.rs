//! Mail: the templates and SES.
