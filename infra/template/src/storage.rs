//! What is kept: the table, the bucket and the root key.

use crate::{core::export, get, reference, resource, sub};
use portico_store::Index;
use serde_json::{Map, Value, json};

/// What a password of hexadecimal digits must not have. The switches that
/// leave out whole kinds would do as well in AWS; not everything that reads
/// templates knows them.
const NOT_HEXADECIMAL: &str = concat!(
    "ghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##
);

/// The one table.
pub(crate) fn table(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
    let key = |index: Index| {
        let (partition, sort) = index.attributes();
        json!([
            { "AttributeName": partition, "KeyType": "HASH" },
            { "AttributeName": sort, "KeyType": "RANGE" },
        ])
    };
    let attributes = Index::ALL.into_iter().flat_map(|index| {
        let (partition, sort) = index.attributes();
        [partition, sort].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }))
    });
    let indexes = Index::ALL.into_iter().filter_map(|index| {
        let projection = match index {
            Index::Due => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": portico_store::DUE_ATTRIBUTES }),
            _ => json!({ "ProjectionType": "ALL" }),
        };
        let name = index.name()?;
        Some(json!({ "IndexName": name, "KeySchema": key(index), "Projection": projection }))
    });
    let properties = json!({
        "TableName": sub("portico-${Stage}"),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes.collect::<Value>(),
        "KeySchema": key(Index::Table),
        "GlobalSecondaryIndexes": indexes.collect::<Value>(),
        "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
        "TimeToLiveSpecification": { "AttributeName": portico_store::TTL_ATTRIBUTE, "Enabled": true },
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS" },
        "DeletionProtectionEnabled": { "Fn::If": ["IsProduction", true, false] },
    });
    let mut table = resource("AWS::DynamoDB::Table", properties);
    table["DeletionPolicy"] = "Retain".into();
    table["UpdateReplacePolicy"] = "Retain".into();
    resources.insert("Table".to_owned(), table);
    export(outputs, "table", reference("Table"));
    export(outputs, "table-arn", get("Table", "Arn"));
    export(outputs, "stream-arn", get("Table", "StreamArn"));
}

/// What is uploaded and exported: private, encrypted, reached over TLS alone.
pub(crate) fn bucket(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
    let expire = |prefix: &str, days: u32| {
        json!({
            "Id": prefix, "Status": "Enabled", "Prefix": format!("{prefix}/"), "ExpirationInDays": days,
        })
    };
    let mut bucket = resource(
        "AWS::S3::Bucket",
        json!({
            "BucketEncryption": { "ServerSideEncryptionConfiguration": [
                { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms" }, "BucketKeyEnabled": true },
            ] },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true, "BlockPublicPolicy": true,
                "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
            },
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
            "LifecycleConfiguration": { "Rules": [
                { "Id": "unfinished", "Status": "Enabled", "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 } },
                // An export is fetched when it is ready; an import is kept as
                // long as its report may be asked about.
                expire("exports", 7),
                expire("imports", 30),
            ] },
        }),
    );
    bucket["DeletionPolicy"] = "Retain".into();
    bucket["UpdateReplacePolicy"] = "Retain".into();
    resources.insert("Uploads".to_owned(), bucket);
    export(outputs, "bucket", reference("Uploads"));
    export(outputs, "bucket-arn", get("Uploads", "Arn"));
    let everything = json!({ "Fn::Join": ["", [get("Uploads", "Arn"), "/*"]] });
    let policy = json!({
        "Bucket": reference("Uploads"),
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [get("Uploads", "Arn"), everything],
            "Condition": { "Bool": { "aws:SecureTransport": false } },
        }] },
    });
    resources.insert(
        "UploadsPolicy".to_owned(),
        resource("AWS::S3::BucketPolicy", policy),
    );
}

/// 64 hexadecimal digits that nobody has seen.
pub(crate) fn root_key() -> Value {
    let mut secret = resource(
        "AWS::SecretsManager::Secret",
        json!({
            "Name": sub("portico-${Stage}-root-key"),
            "Description": "Everything secret is derived from this key. Without it, links, seals and page tokens are lost.",
            "GenerateSecretString": {
                "PasswordLength": 64,
                "ExcludeCharacters": NOT_HEXADECIMAL,
                // There is no capital letter left to require.
                "RequireEachIncludedType": false,
            },
        }),
    );
    secret["DeletionPolicy"] = "Retain".into();
    secret["UpdateReplacePolicy"] = "Retain".into();
    secret
}
