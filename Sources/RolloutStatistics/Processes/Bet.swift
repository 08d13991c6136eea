/// What one alternative pays for each outcome of a request, as natural logarithms.
///
/// The bet is on which arm served a request, given its outcome (Koning and van Meer's randomised-arm e-value):
/// green pays `r/(w r + 1 - w)` and blue `1/(w r + 1 - w)`, whose expectation is 1 whenever both arms fail alike.
struct Bet {
    var candidateError: Double
    var candidateSuccess: Double
    var controlError: Double
    var controlSuccess: Double

    /// - Parameters:
    ///   - candidate: green's error rate under the alternative, above 0 and below 1.
    ///   - control: blue's.
    ///   - weight: green's share of the requests, above 0 and below 1.
    init(candidate: Double, control: Double, weight: Double) {
        let mean = weight * candidate + (1 - weight) * control
        candidateError = Mathematics.log(candidate / mean)
        candidateSuccess = Mathematics.log((1 - candidate) / (1 - mean))
        controlError = Mathematics.log(control / mean)
        controlSuccess = Mathematics.log((1 - control) / (1 - mean))
    }

    /// What these requests pay.
    func pays(_ requests: Arms) -> Double {
        requests.candidateErrors * candidateError
            + (requests.candidateRequests - requests.candidateErrors) * candidateSuccess
            + requests.controlErrors * controlError
            + (requests.controlRequests - requests.controlErrors) * controlSuccess
    }
}

/// Requests and errors of both arms; fractions where a histogram was interpolated.
struct Arms {
    var candidateRequests: Double
    var candidateErrors: Double
    var controlRequests: Double
    var controlErrors: Double
}
