// A relying application with go-oidc and x/oauth2, set up as docs/applications/go.md says.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

func main() {
	ctx := context.Background()
	origin := "http://127.0.0.1:" + os.Getenv("PORT")
	clientID := os.Getenv("CLIENT_ID")
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		panic(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: clientID})
	config := oauth2.Config{
		ClientID:     clientID,
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		RedirectURL:  origin + "/callback",
		Endpoint:     provider.Endpoint(),
		Scopes:       []string{oidc.ScopeOpenID, "email", "profile"},
	}

	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		state, nonce, verifierOfThisSignIn := random(), random(), random()
		for name, value := range map[string]string{"state": state, "nonce": nonce, "verifier": verifierOfThisSignIn} {
			http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true})
		}
		hash := sha256.Sum256([]byte(verifierOfThisSignIn))
		challenge := base64.RawURLEncoding.EncodeToString(hash[:])
		http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce),
			oauth2.SetAuthURLParam("code_challenge", challenge),
			oauth2.SetAuthURLParam("code_challenge_method", "S256")), http.StatusFound)
	})

	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("state") != cookie(r, "state") {
			http.Error(w, "another sign-in", http.StatusBadRequest)
			return
		}
		token, err := config.Exchange(ctx, r.URL.Query().Get("code"), oauth2.SetAuthURLParam("code_verifier", cookie(r, "verifier")))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		idToken, err := verifier.Verify(ctx, token.Extra("id_token").(string))
		if err != nil || idToken.Nonce != cookie(r, "nonce") {
			http.Error(w, "an ID token of another sign-in", http.StatusBadGateway)
			return
		}
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		var claims, userinfo map[string]interface{}
		if idToken.Claims(&claims) != nil || info.Claims(&userinfo) != nil {
			http.Error(w, "claims that are no object", http.StatusBadGateway)
			return
		}
		json.NewEncoder(w).Encode(map[string]interface{}{"claims": claims, "userinfo": userinfo})
	})

	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func random() string {
	bytes := make([]byte, 32)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes)
}

func cookie(r *http.Request, name string) string {
	found, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return found.Value
}
