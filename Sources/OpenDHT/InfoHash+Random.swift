extension InfoHash {
  /// Draws a random hash from the system's generator.
  public static func random() -> InfoHash {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }
}
