//! Finds libopendht-c: in OPENDHT_LIB_DIR, in OPENDHT_PREFIX/lib, where this repository builds it, or where the system has it.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=OPENDHT_LIB_DIR");
    println!("cargo:rerun-if-env-changed=OPENDHT_PREFIX");
    println!("cargo:rustc-link-lib=dylib=opendht-c");
    let of_prefix = env::var_os("OPENDHT_PREFIX").map(|prefix| PathBuf::from(prefix).join("lib"));
    let of_repository = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../.build/bindings/lib");
    let folder = env::var_os("OPENDHT_LIB_DIR")
        .map(PathBuf::from)
        .or(of_prefix)
        .or_else(|| of_repository.canonicalize().ok().filter(|folder| folder.join("libopendht-c.so").exists()));
    if let Some(folder) = folder {
        println!("cargo:rustc-link-search=native={}", folder.display());
        // Programs of this crate (tests, examples) run without LD_LIBRARY_PATH; those of others say so themselves.
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}
