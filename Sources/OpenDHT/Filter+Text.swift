extension Query.Filter {
  /// Values of a user type, given as text.
  public static func userType(_ text: String) -> Query.Filter { .userType(Array(text.utf8)) }
}
