/// The generic description of an endpoint's requests, used if its model does not describe itself.
enum Swagger {
    static func document(endpoint: String) -> String {
        #"""
        {"swagger":"2.0","info":{"title":"\#(endpoint.jsonEscaped)","description":"A managed online endpoint","version":"1.0"},"schemes":["http"],"consumes":["application/json"],"produces":["application/json"],"securityDefinitions":{"Bearer":{"type":"apiKey","name":"Authorization","in":"header"}},"security":[{"Bearer":[]}],"paths":{"/score":{"post":{"operationId":"score","summary":"Scores a request","parameters":[{"name":"request","in":"body","required":true,"schema":{"type":"object"}}],"responses":{"200":{"description":"The model's answer"},"401":{"description":"The key or token is missing, wrong or expired"},"424":{"description":"The model failed"}}}}}}
        """#
    }
}
