# A relying application with omniauth_openid_connect (GitLab's, which Debian has) on Rack, set up as
# docs/applications/omniauth.md says.
require "json"
require "omniauth_openid_connect"
require "rack"

# Discovery is over https otherwise.
SWD.url_builder = WebFinger.url_builder = URI::HTTP
origin = "http://127.0.0.1:#{ENV.fetch("PORT")}"

application = Rack::Builder.new do
  use Rack::Session::Cookie, secret: "a secret of the application for its own cookie, of 64 characters."
  use OmniAuth::Builder do
    provider :openid_connect, {
      name: :guestpass, issuer: ENV.fetch("ISSUER"), discovery: true,
      scope: [:openid, :email, :profile], response_type: :code, uid_field: "sub",
      client_options: {
        identifier: ENV.fetch("CLIENT_ID"), secret: ENV.fetch("CLIENT_SECRET"),
        redirect_uri: "#{origin}/auth/guestpass/callback"
      }
    }
  end
  map "/auth/guestpass/callback" do
    run ->(env) { [200, { "content-type" => "application/json" }, [env["omniauth.auth"].to_json]] }
  end
  map "/" do
    run lambda { |env|
      token = Rack::Protection::AuthenticityToken.token(env["rack.session"])
      form = %(<form method="post" action="/auth/guestpass"><input name="authenticity_token" value="#{token}"></form>)
      [200, { "content-type" => "text/html" }, [form]]
    }
  end
end

Rack::Handler::WEBrick.run application, Host: "127.0.0.1", Port: ENV.fetch("PORT").to_i, AccessLog: []
