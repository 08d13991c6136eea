/// The payoffs of one alternative for each outcome of a request, as natural logarithms.
///
/// The bet is on which arm served a request, given its outcome (Koning and van Meer's randomised-arm e-value). A
/// request of the candidate pays `r/(w r + 1 - w)` and one of the control `1/(w r + 1 - w)`; the expectation is 1
/// whenever both arms fail equally often.
struct Bet {
    var candidateError: Double
    var candidateSuccess: Double
    var controlError: Double
    var controlSuccess: Double

    /// Creates the bet of an alternative.
    ///
    /// - Parameters:
    ///   - candidate: The candidate's error rate under the alternative, in (0, 1).
    ///   - control: The control's error rate, in (0, 1).
    ///   - weight: The candidate's share of the requests, in (0, 1).
    init(candidate: Double, control: Double, weight: Double) {
        let mean = weight * candidate + (1 - weight) * control
        candidateError = Mathematics.log(candidate / mean)
        candidateSuccess = Mathematics.log((1 - candidate) / (1 - mean))
        controlError = Mathematics.log(control / mean)
        controlSuccess = Mathematics.log((1 - control) / (1 - mean))
    }

    /// The logarithm of the payoff of these requests.
    func pays(_ requests: Arms) -> Double {
        requests.candidateErrors * candidateError
            + (requests.candidateRequests - requests.candidateErrors) * candidateSuccess
            + requests.controlErrors * controlError
            + (requests.controlRequests - requests.controlErrors) * controlSuccess
    }
}

/// Requests and errors of both arms, which are fractional if a histogram was interpolated.
struct Arms {
    var candidateRequests: Double
    var candidateErrors: Double
    var controlRequests: Double
    var controlErrors: Double
}
