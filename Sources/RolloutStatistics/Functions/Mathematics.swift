// The elementary functions come from the C library, so that the module has no other dependency.
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The C library's functions, under names that are not shadowed by types of this module.
enum Mathematics {
    static func log(_ x: Double) -> Double { cLog(x) }
    static func log1p(_ x: Double) -> Double { cLog1p(x) }
    static func exp(_ x: Double) -> Double { cExp(x) }
    static func expm1(_ x: Double) -> Double { cExpm1(x) }
    static func power(_ base: Double, _ exponent: Double) -> Double { cPower(base, exponent) }
    static func erfc(_ x: Double) -> Double { cErfc(x) }
}

// These are outside the enumeration, where `log` refers to the C library's function.
private func cLog(_ x: Double) -> Double { log(x) }
private func cLog1p(_ x: Double) -> Double { log1p(x) }
private func cExp(_ x: Double) -> Double { exp(x) }
private func cExpm1(_ x: Double) -> Double { expm1(x) }
private func cPower(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
private func cErfc(_ x: Double) -> Double { erfc(x) }
