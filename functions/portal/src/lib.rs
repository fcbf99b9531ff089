//! The functions behind `/portal`: what whoever is signed in reaches: most are
//! for clients, those about signing in for team members too.

pub mod ask;
mod avatar;
mod billed;
pub mod cancel;
pub mod clear_avatar;
pub mod email;
pub mod home;
pub mod invite;
pub mod invoice;
pub mod invoices;
pub mod me;
mod own;
pub mod password;
pub mod request;
pub mod requests;
pub mod revoke;
pub mod services;
pub mod sessions;
pub mod set_avatar;
pub mod sign_out;
pub mod team;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    home::FUNCTION,
    me::FUNCTION,
    update::FUNCTION,
    set_avatar::FUNCTION,
    clear_avatar::FUNCTION,
    team::FUNCTION,
    invite::FUNCTION,
    services::FUNCTION,
    ask::FUNCTION,
    requests::FUNCTION,
    request::FUNCTION,
    cancel::FUNCTION,
    invoices::FUNCTION,
    invoice::FUNCTION,
    password::FUNCTION,
    email::FUNCTION,
    sessions::FUNCTION,
    revoke::FUNCTION,
    sign_out::FUNCTION,
];
