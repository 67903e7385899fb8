/// Which identity a node shall have. (tools.md §2.1)
struct IdentityChoice: Equatable {
  struct Files: Equatable {
    var certificate: String
    var privateKey: String
  }
  /// `--identity`: make one, unless there are files.
  var isGenerated = false
  /// `--save-identity`: the place, without an ending, to write a made one to.
  var saved: String?
  var certificate: String?
  var privateKey: String?
  var password: String?

  /// The files to load, when both are named.
  var files: Files? {
    guard let certificate, let privateKey else { return nil }
    return Files(certificate: certificate, privateKey: privateKey)
  }

  /// What does not go together; nil when all is well.
  var contradiction: OptionError? {
    if (certificate == nil) != (privateKey == nil) {
      return .contradiction("--certificate and --privkey belong together")
    }
    if saved != nil, !isGenerated, files == nil {
      return .contradiction("--save-identity writes what --identity makes: give both")
    }
    return nil
  }
}
