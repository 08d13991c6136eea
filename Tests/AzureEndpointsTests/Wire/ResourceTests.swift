import AzureEndpoints
import Rollouts
import Testing

@Suite("Bodies of the Azure ML REST API")
struct ResourceTests {
    @Test("the SDK's endpoint body is read, and written with the same members")
    func endpoint() throws {
        let body = """
            {"identity":{"type":"SystemAssigned"},"location":"local","properties":{"authMode":"Key",\
            "mirrorTraffic":{},"properties":{},"publicNetworkAccess":"Enabled","traffic":{"blue":100}},"tags":{}}
            """
        let resource = try JSONText.decode(EndpointResource.self, from: body)
        #expect(resource.properties.authMode == .key)
        #expect(resource.properties.traffic == ["blue": 100])
        #expect(resource.properties.mirrorTraffic == [:])
        #expect(try JSONText.line(resource) == body)
    }

    @Test("the SDK's deployment body is read, and written with the same members")
    func deployment() throws {
        let body = """
            {"location":"local","properties":{"appInsightsEnabled":false,"codeConfiguration":{"codeId":"/c",\
            "scoringScript":"score.py"},"endpointComputeType":"Managed","environmentId":"/e",\
            "environmentVariables":{"A":"1"},"instanceType":"Standard_DS3_v2","livenessProbe":{"failureThreshold":30,\
            "initialDelay":"PT10S","period":"PT10S","successThreshold":1,"timeout":"PT2S"},"model":"/m",\
            "properties":{},"requestSettings":{"maxConcurrentRequestsPerInstance":1,"maxQueueWait":"PT0.5S",\
            "requestTimeout":"PT5S"},"scaleSettings":{"scaleType":"Default"}},"sku":{"capacity":1,"name":"Default"}}
            """
        let resource = try JSONText.decode(DeploymentResource.self, from: body)
        #expect(resource.sku?.capacity == 1)
        #expect(resource.properties.requestSettings?.maxQueueWait?.interval == .milliseconds(500))
        #expect(resource.properties.scaleSettings == ["scaleType": "Default"])
        #expect(try JSONText.line(resource) == body)
    }

    @Test("unknown members and null values of maps are left aside")
    func tolerance() throws {
        let body = """
            {"etag": 3, "tags": {"a": null, "b": "c"}, "properties": {"authMode": "aadtoken", "news": [1],
             "provisioningState": "Succeeded", "description": null}}
            """
        let resource = try JSONText.decode(EndpointResource.self, from: body)
        #expect(resource.tags == ["b": "c"])
        #expect(resource.properties.authMode == .aadToken)
        #expect(resource.properties.provisioningState == .succeeded)
    }

    @Test("a wrong word or a wrong type is an error that names it")
    func errors() throws {
        for (body, word) in [
            (#"{"properties": {"authMode": "Password"}}"#, "Password"),
            (#"{"properties": {"traffic": {"blue": "much"}}}"#, "traffic"),
        ] {
            let error = #expect(throws: DecodingError.self) { try JSONText.decode(EndpointResource.self, from: body) }
            #expect("\(String(describing: error))".contains(word))
        }
        #expect(throws: DecodingError.self) {
            try JSONText.decode(
                DeploymentResource.self,
                from: #"{"properties": {"requestSettings": {"requestTimeout": "5 seconds"}}}"#)
        }
    }

    @Test("keys and tokens never show in a description")
    func secrets() {
        let keys = EndpointKeys(primaryKey: "swordfish", secondaryKey: "swordfish")
        let token = EndpointToken(
            accessToken: "swordfish", tokenType: "Bearer", expiryTimeUtc: 2, refreshAfterTimeUtc: 1)
        let request = RegenerateKeysRequest(keyType: .primary, keyValue: "swordfish")
        for text in ["\(keys)", "\(token)", "\(request)", "\(Optional(keys).debugDescription)"] {
            #expect(!text.contains("swordfish"))
        }
        var dumped = ""
        dump(keys, to: &dumped)
        dump(token, to: &dumped)
        dump(request, to: &dumped)
        #expect(!dumped.contains("swordfish"))
    }
}
