//! What every theme needs: inputs made by code, real inputs, a place to run the program in, and readers of its outputs.

mod class;
mod fixtures;
mod image;
mod jar;
pub(crate) mod java;
mod java_buildpack;
mod java_v3;
pub(crate) mod judges;
mod schemas;
mod server;
mod staging;
mod world;
mod zip;

pub(crate) use class::{class, forge_crc32};
pub(crate) use fixtures::{fixture, project, seed_config_server, wheel};
pub(crate) use image::{Image, change_config, sha256_hex};
pub(crate) use jar::{BootJar, fake_jre};
pub(crate) use java_buildpack::{JavaBuildpack, Member, gzip, recordings, runtime};
pub(crate) use java_v3::{lay_out_java_v3, unzip};
pub(crate) use schemas::schemas;
pub(crate) use server::{Certificates, Server};
pub(crate) use staging::{Staged, Staging, mode, names, processes_sorted, runs, wait_for, wait_within};
pub(crate) use world::{Done, World, copy_tree, digest_of, list, require_root};
pub(crate) use zip::{Item, Zip};
