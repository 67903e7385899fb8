#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import DHTModel
internal import SwiftASN1

/// Dates of certificates: UTCTime before 2050, GeneralizedTime from then on, always in whole seconds of UTC.
enum DERDate {
  /// The latest date that there is; "never" is written so.
  private static let latest = "99991231235959Z"

  static func read(_ node: DERNode) throws(SecurityError) -> WallTime {
    let text = try node.content()
    let yearDigits = node.identifier == .utcTime ? 2 : 4
    guard node.identifier == .utcTime || node.identifier == .generalizedTime,
      text.count == yearDigits + 11, text.last == UInt8(ascii: "Z"),
      let year = number(text[..<yearDigits])
    else { throw .malformed(.date) }
    let fields = stride(from: yearDigits, to: yearDigits + 10, by: 2).compactMap { number(text[$0..<$0 + 2]) }
    guard fields.count == 5, (1...12).contains(fields[0]), (1...31).contains(fields[1]), fields[2] < 24,
      fields[3] < 60, fields[4] < 61
    else { throw .malformed(.date) }
    let fullYear = yearDigits == 4 ? year : year < 50 ? 2000 + year : 1900 + year
    let days = days(year: fullYear, month: fields[0], day: fields[1])
    return WallTime(seconds: Int64(((days * 24 + fields[2]) * 60 + fields[3]) * 60 + fields[4]))
  }

  static func write(_ date: WallTime, to writer: inout DERWriter) {
    guard date.nanoseconds != .max else { return writer.primitive(.generalizedTime, Array(latest.utf8)) }
    let seconds = Int(date.seconds)
    let day = (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400
    let time = seconds - day * 86_400
    let (year, month, dayOfMonth) = civil(day)
    let rest = [month, dayOfMonth, time / 3600, time / 60 % 60, time % 60].map { padded($0, 2) }.joined() + "Z"
    if (1950..<2050).contains(year) {
      writer.primitive(.utcTime, Array((padded(year % 100, 2) + rest).utf8))
    } else {
      writer.primitive(.generalizedTime, Array((padded(year, 4) + rest).utf8))
    }
  }

  /// The system's date.
  static func now() -> WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(seconds: Int64(time.tv_sec))
  }

  /// Days from 1970-01-01 of the Gregorian calendar, by Hinnant's method: years begin in March.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    digits.reduce(Optional(0)) { sum, digit in
      guard let sum, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      return sum * 10 + Int(digit - UInt8(ascii: "0"))
    }
  }

  private static func padded(_ number: Int, _ count: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }
}
