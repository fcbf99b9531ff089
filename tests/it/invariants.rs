//! The eight invariants of the architecture. Each looks at the sources, or
//! compares whole lists; exceptions are lists that may only shrink.

use portico_bootstrap::{TRIGGERS, functions};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust source below these folders, as path and text.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .display()
                    .to_string();
                found.push((name, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// Which sources outside of `owners` hold any of these words.
fn offenders(folders: &[&str], owners: &[&str], words: &[&str]) -> Vec<String> {
    sources(folders)
        .into_iter()
        .filter(|(name, _)| !owners.iter().any(|owner| name.starts_with(owner)))
        .flat_map(|(name, text)| {
            let found = words.iter().filter(move |word| text.contains(*word));
            found
                .map(move |word| format!("{name}: {word}"))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The crates that a manifest names under `[dependencies]`.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let (_, rest) = text.split_once("[dependencies]\n").expect("dependencies");
    let names = rest.lines().take_while(|line| !line.starts_with('['));
    names
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

fn folders(below: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(below)).expect("a folder");
    entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

const NOTHING: [String; 0] = [];
const CODE: &[&str] = &["shared", "functions", "infra"];

#[test]
fn invariant_1_the_domain_depends_on_no_io_crate() {
    let pure = [
        "email_address",
        "jiff",
        "schemars",
        "serde",
        "serde_json",
        "thiserror",
        "unicode-normalization",
        "url",
        "uuid",
    ];

    let other: Vec<String> = dependencies("shared/domain/Cargo.toml")
        .into_iter()
        .filter(|name| !pure.contains(&name.as_str()))
        .collect();

    assert_eq!(other, NOTHING);
    assert_eq!(
        offenders(
            &["shared/domain"],
            &[],
            &["std::fs", "std::net", "std::env", "tokio"]
        ),
        NOTHING
    );
}

#[test]
fn invariant_2_only_the_store_names_a_key_or_uses_the_dynamodb_sdk() {
    let words = [
        "aws_sdk_dynamodb",
        "\"WS#",
        "\"KEY#",
        "\"SESSION#",
        "\"DUE#",
    ];

    assert_eq!(offenders(CODE, &["shared/store/"], &words), NOTHING);
}

#[test]
fn invariant_3_only_web_names_a_status_code() {
    // The sender of webhooks, the adapters of vendors and the local server
    // speak HTTP on their own account: as clients, and as AWS. 200 and 500 are limits
    // of texts elsewhere, and so are some numbers of the templates.
    let owners = [
        "shared/crm/",
        "shared/web/",
        "shared/webhook/",
        "infra/local/",
        "infra/template/",
        "functions/bootstrap/tests/",
    ];
    let codes = [
        "201",
        "202",
        "204",
        "301",
        "302",
        "304",
        "400",
        "401",
        "403",
        "404",
        "405",
        "409",
        "410",
        "412",
        "413",
        "415",
        "422",
        "429",
        "501",
        "502",
        "503",
        "504",
        "StatusCode",
    ];
    let named: Vec<String> = sources(CODE)
        .into_iter()
        .filter(|(name, _)| !owners.iter().any(|owner| name.starts_with(owner)))
        .flat_map(|(name, text)| {
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let words = code.flat_map(|line| line.split(|letter: char| !letter.is_alphanumeric()));
            let found: Vec<String> = words
                .filter(|word| codes.contains(word))
                .map(|word| format!("{name}: {word}"))
                .collect();
            found
        })
        .collect();

    assert_eq!(named, NOTHING);
}

#[test]
fn invariant_4_functions_neither_use_the_sdk_nor_read_the_environment() {
    // The bootstrap is where they are put together.
    let words = [
        "aws_sdk_",
        "aws_config",
        "env::var",
        "env::args",
        "std::env",
    ];

    assert_eq!(
        offenders(&["functions"], &["functions/bootstrap/"], &words),
        NOTHING
    );
}

#[test]
fn invariant_5_no_function_crate_depends_on_another() {
    let crates: Vec<String> = folders("functions")
        .into_iter()
        .filter(|name| name != "bootstrap")
        .collect();

    for name in &crates {
        let others = dependencies(&format!("functions/{name}/Cargo.toml"));
        let others: Vec<&String> = others
            .iter()
            .filter(|dependency| {
                dependency
                    .strip_prefix("portico-")
                    .is_some_and(|other| crates.iter().any(|name| name == other))
            })
            .collect();
        assert_eq!(others, Vec::<&String>::new(), "{name}");
    }
}

#[test]
fn invariant_6_only_the_local_server_knows_emulators() {
    let words = [
        "dynoxide",
        "portico_local",
        "Policy::local",
        "Adapters::local",
        "Mailpit",
        "ministack",
    ];

    // The sender and the adapters define what is allowed locally, behind
    // features that only the local server turns on.
    assert_eq!(
        offenders(
            CODE,
            &[
                "infra/local/",
                "functions/bootstrap/tests/",
                "shared/crm/src/lib.rs",
                "shared/crm/src/line.rs",
                "shared/webhook/src/target.rs",
                "shared/webhook/tests/"
            ],
            &words
        ),
        NOTHING
    );
    let manifests = folders("shared")
        .into_iter()
        .map(|name| format!("shared/{name}/Cargo.toml"));
    let manifests = manifests.chain(
        folders("functions")
            .into_iter()
            .map(|name| format!("functions/{name}/Cargo.toml")),
    );
    for manifest in manifests {
        let dependencies = dependencies(&manifest);
        assert!(
            !dependencies.contains("dynoxide-rs") && !dependencies.contains("portico-local"),
            "{manifest}"
        );
        let text = read(&manifest);
        let text = text.split("[dev-dependencies]").next().unwrap_or_default();
        for crate_with_local in ["portico-webhook", "portico-crm"] {
            assert!(
                !text.contains(&format!("{crate_with_local} = {{")),
                "{manifest} turns on a feature of {crate_with_local}"
            );
        }
    }
}

/// Every function that the templates deploy, with its memory in MB.
fn deployed() -> BTreeMap<String, u64> {
    let files = folders("infra/aws");
    let templates = files.iter().filter(|name| name.starts_with("functions-"));
    let mut functions = BTreeMap::new();
    for name in templates {
        let template: serde_json::Value =
            serde_json::from_str(&read(&format!("infra/aws/{name}"))).expect("JSON");
        for resource in template["Resources"]
            .as_object()
            .expect("resources")
            .values()
        {
            let properties = &resource["Properties"];
            let name = properties["Environment"]["Variables"]["PORTICO_FUNCTION"].as_str();
            if let (Some(name), Some(memory)) = (name, properties["MemorySize"].as_u64()) {
                functions.insert(name.to_owned(), memory);
            }
        }
    }
    functions
}

/// Lambda gives a processor's share by memory, and Argon2id wants much of both:
/// at 256 MB one hash takes seconds.
#[test]
fn a_function_that_hashes_passwords_has_a_gigabyte() {
    let deployed = deployed();
    let mut hashing = sources(&["functions"]);
    // A module can have the name too; whoever hashes has it from the keys.
    hashing.retain(|(_, text)| text.contains("portico_keys") && text.contains("password::"));
    assert!(!hashing.is_empty(), "nothing hashes passwords any more");

    for (file, text) in hashing {
        let route = text.split_once("Route::").map(|(_, rest)| rest);
        let name = route.and_then(|rest| rest.split('"').nth(1));
        let name = name.unwrap_or_else(|| panic!("{file}: hash in the module of the route"));
        assert!(
            deployed.get(name) >= Some(&1_024),
            "{name} has too little memory"
        );
    }
}

#[test]
fn invariant_7_every_function_is_in_every_list() {
    let routes: BTreeSet<String> = functions()
        .iter()
        .map(|function| function.route.name.to_owned())
        .collect();
    let triggers: BTreeSet<String> = TRIGGERS
        .iter()
        .map(|trigger| trigger.name.to_owned())
        .collect();
    let all: BTreeSet<String> = routes.union(&triggers).cloned().collect();
    assert_eq!(
        all.len(),
        functions().len() + TRIGGERS.len(),
        "a name stands for one function"
    );

    let events: BTreeSet<String> = folders("events")
        .iter()
        .filter_map(|name| name.strip_suffix(".json"))
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(events, all, "events/");

    let infra: serde_json::Value =
        serde_json::from_str(&read("infra/functions.json")).expect("JSON");
    let infra: BTreeSet<String> = infra
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["name"].as_str().map(ToOwned::to_owned))
        .collect();
    assert_eq!(infra, all, "infra/functions.json");

    let deployed: BTreeSet<String> = deployed().into_keys().collect();
    assert_eq!(deployed, all, "infra/aws/");

    let document: serde_json::Value =
        serde_json::from_str(&read("functions/site/openapi.json")).expect("JSON");
    let operations: BTreeSet<String> = document["paths"]
        .as_object()
        .into_iter()
        .flat_map(|paths| paths.values())
        .filter_map(|methods| methods.as_object())
        .flat_map(|methods| methods.values())
        .filter_map(|operation| operation["operationId"].as_str().map(ToOwned::to_owned))
        .collect();
    let documented: BTreeSet<String> = routes
        .into_iter()
        .filter(|name| name != "site-fallback")
        .collect();
    assert_eq!(operations, documented, "functions/site/openapi.json");
    // The authorization table is compared in `access.rs`.
}

#[test]
fn invariant_8_nothing_scans_the_table() {
    assert_eq!(
        offenders(
            &["shared", "functions"],
            // An operator's command, which no function can call.
            &["shared/store/src/restore.rs"],
            &[".scan(", "ScanFluentBuilder"]
        ),
        NOTHING
    );
}

#[test]
fn a_release_build_of_the_functions_cannot_reach_loopback() {
    // This build can, because the local server is part of it.
    const { assert!(portico_webhook::IS_LOCAL_POSSIBLE) };
    let main = read("functions/bootstrap/src/main.rs");
    let guard = "#[cfg(not(debug_assertions))]\nconst _: () = assert!(\n    !portico_webhook::IS_LOCAL_POSSIBLE,";
    assert!(main.contains(guard), "the guard of release builds is gone");
    assert!(!read("Cargo.toml").contains("debug-assertions"));

    // What is deployed is built alone, and turns no feature of the sender on.
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "features,normal,build",
        ])
        .args([
            "--package",
            "portico-bootstrap",
            "--invert",
            "portico-webhook",
        ])
        // Whoever builds all packages alike has set this; an artefact is not.
        .env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{tree:?}");
    let tree = String::from_utf8(tree.stdout).expect("a text");
    assert!(tree.starts_with("portico-webhook "), "{tree}");
    assert!(!tree.contains("feature \"local\""), "{tree}");
}

/// A harness for each of these crates would link a hundred megabytes to run
/// nothing; a test that is written there all the same must not go unnoticed.
#[test]
fn a_function_crate_without_a_test_harness_has_no_tests() {
    for name in folders("functions") {
        if read(&format!("functions/{name}/Cargo.toml")).contains("test = false") {
            let offenders = offenders(
                &[&format!("functions/{name}")],
                &[],
                &["#[test]", "#[cfg(test)]"],
            );
            assert!(
                offenders.is_empty(),
                "{offenders:?}: remove `test = false` from its manifest"
            );
        }
    }
}
