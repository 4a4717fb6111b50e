//! What the fuzz targets share.

pub mod case;
pub mod chunks;
pub mod host;
pub mod naive;
pub mod world;
