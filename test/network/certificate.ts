/** A certificate for `secure.test`, signed by itself, and its key: good for nothing but these tests, until 2120. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBZjCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtzZWN1cmUu
dGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIGA1UE
AwwLc2VjdXJlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATbHIhzKCxA
EcKhAqDpi60YQZtb+1mdDrmJfc3BqnpTjNQx1yZyRd8HLKwVgqAIuW8qiIlwu5y1
Is6ZvHuoZc/Ao0owSDAWBgNVHREEDzANggtzZWN1cmUudGVzdDAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBRc9P5fxbvbcLkfKyPax6d+0WsfJTAKBggqhkjOPQQD
AgNHADBEAiASVNoEg+HgeEIFmqIHct9IcevMq2/0IbmtYpZ8iD049AIgOiadLhnt
5m8PZxfNsqzMrrnTM3fb41AVKXIGmRAVLls=
-----END CERTIFICATE-----
`;

export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUHNiL5jxsWyallNT
0uTjmQwGoqQDpj/PGw8cdi/ePUuhRANCAATbHIhzKCxAEcKhAqDpi60YQZtb+1md
DrmJfc3BqnpTjNQx1yZyRd8HLKwVgqAIuW8qiIlwu5y1Is6ZvHuoZc/A
-----END PRIVATE KEY-----
`;
