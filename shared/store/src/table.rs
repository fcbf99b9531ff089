//! The shape of the table, for whoever has to make one without
//! `CloudFormation`.

use crate::{Error, Index, Store};
use aws_sdk_dynamodb::{
    error::BuildError,
    operation::create_table::{CreateTableError, builders::CreateTableFluentBuilder},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
    },
};

/// What the index of due work carries beside its keys.
pub const DUE_ATTRIBUTES: [&str; 2] = ["workspaceId", "id"];

impl Store {
    /// Makes the table; answers whether there was none.
    pub async fn create_table(&self) -> Result<bool, Error> {
        let request = self
            .table_request()
            .map_err(|error| Error::Unavailable(Box::new(error)))?;
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(CreateTableError::is_resource_in_use_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn table_request(&self) -> Result<CreateTableFluentBuilder, BuildError> {
        let mut request = self
            .client
            .create_table()
            .table_name(&*self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .stream_specification(
                StreamSpecification::builder()
                    .stream_enabled(true)
                    .stream_view_type(StreamViewType::NewImage)
                    .build()?,
            );
        for index in Index::ALL {
            let (partition, sort) = index.attributes();
            for name in [partition, sort] {
                request = request.attribute_definitions(
                    AttributeDefinition::builder()
                        .attribute_name(name)
                        .attribute_type(ScalarAttributeType::S)
                        .build()?,
                );
            }
            let keys = vec![key(partition, KeyType::Hash)?, key(sort, KeyType::Range)?];
            request = match index.name() {
                None => request.set_key_schema(Some(keys)),
                Some(name) => request.global_secondary_indexes(
                    GlobalSecondaryIndex::builder()
                        .index_name(name)
                        .set_key_schema(Some(keys))
                        .projection(projection(index))
                        .build()?,
                ),
            };
        }
        Ok(request)
    }
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
}

fn projection(index: Index) -> Projection {
    let builder = Projection::builder();
    if index == Index::Due {
        let names = DUE_ATTRIBUTES.map(ToOwned::to_owned).to_vec();
        builder
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(names))
            .build()
    } else {
        builder.projection_type(ProjectionType::All).build()
    }
}
