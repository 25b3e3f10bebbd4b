export const bodies = {
  "POST /api/v1/api-keys": {
    "additionalProperties": false,
    "description": "A key to make.",
    "properties": {
      "expires_at": {
        "anyOf": [
          {
            "format": "date-time",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Expires At"
      },
      "name": {
        "maxLength": 64,
        "minLength": 1,
        "title": "Name",
        "type": "string"
      },
      "scopes": {
        "items": {
          "description": "One thing somebody may be allowed to do; also the scope of an API key.",
          "enum": [
            "rooms:read",
            "rooms:write",
            "rooms:create",
            "rooms:moderate",
            "users:read",
            "users:manage",
            "keys:manage",
            "audit:read",
            "system:read",
            "system:manage"
          ],
          "title": "Permission",
          "type": "string"
        },
        "minItems": 1,
        "title": "Scopes",
        "type": "array",
        "uniqueItems": true
      }
    },
    "required": [
      "name",
      "scopes"
    ],
    "title": "KeyIn",
    "type": "object"
  },
  "POST /api/v1/auth/guest": {
    "additionalProperties": false,
    "description": "The name a guest chooses.",
    "properties": {
      "name": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 64,
        "title": "Name",
        "type": "string"
      }
    },
    "required": [
      "name"
    ],
    "title": "GuestIn",
    "type": "object"
  },
  "POST /api/v1/auth/login": {
    "additionalProperties": false,
    "description": "Who signs in, and whether the refresh token comes in the body or in an HttpOnly cookie.",
    "properties": {
      "password": {
        "format": "password",
        "maxLength": 512,
        "title": "Password",
        "type": "string",
        "writeOnly": true
      },
      "session": {
        "default": "token",
        "enum": [
          "token",
          "cookie"
        ],
        "title": "Session",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 64,
        "title": "Username",
        "type": "string"
      }
    },
    "required": [
      "username",
      "password"
    ],
    "title": "LoginIn",
    "type": "object"
  },
  "POST /api/v1/auth/logout": {
    "anyOf": [
      {
        "additionalProperties": false,
        "description": "The refresh token; the cookie's when it is missing.",
        "properties": {
          "refresh_token": {
            "anyOf": [
              {
                "maxLength": 500,
                "type": "string"
              },
              {
                "type": "null"
              }
            ],
            "title": "Refresh Token"
          }
        },
        "title": "RefreshIn",
        "type": "object"
      },
      {
        "type": "null"
      }
    ],
    "title": "Body"
  },
  "PATCH /api/v1/auth/me": {
    "additionalProperties": false,
    "description": "What users change about themselves.",
    "properties": {
      "locale": {
        "anyOf": [
          {
            "enum": [
              "tr",
              "en"
            ],
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Locale"
      },
      "name": {
        "anyOf": [
          {
            "maxLength": 64,
            "minLength": 1,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Name"
      }
    },
    "title": "MeIn",
    "type": "object"
  },
  "POST /api/v1/auth/owner": {
    "additionalProperties": false,
    "description": "The first owner, and the one-time key.",
    "properties": {
      "name": {
        "default": "",
        "maxLength": 64,
        "title": "Name",
        "type": "string"
      },
      "password": {
        "format": "password",
        "maxLength": 512,
        "title": "Password",
        "type": "string",
        "writeOnly": true
      },
      "session": {
        "default": "token",
        "enum": [
          "token",
          "cookie"
        ],
        "title": "Session",
        "type": "string"
      },
      "token": {
        "maxLength": 200,
        "title": "Token",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 64,
        "title": "Username",
        "type": "string"
      }
    },
    "required": [
      "username",
      "password",
      "token"
    ],
    "title": "OwnerIn",
    "type": "object"
  },
  "POST /api/v1/auth/password": {
    "additionalProperties": false,
    "description": "The password now and from now on.",
    "properties": {
      "current": {
        "format": "password",
        "maxLength": 512,
        "title": "Current",
        "type": "string",
        "writeOnly": true
      },
      "new": {
        "format": "password",
        "maxLength": 512,
        "title": "New",
        "type": "string",
        "writeOnly": true
      }
    },
    "required": [
      "current",
      "new"
    ],
    "title": "PasswordIn",
    "type": "object"
  },
  "POST /api/v1/auth/refresh": {
    "anyOf": [
      {
        "additionalProperties": false,
        "description": "The refresh token; the cookie's when it is missing.",
        "properties": {
          "refresh_token": {
            "anyOf": [
              {
                "maxLength": 500,
                "type": "string"
              },
              {
                "type": "null"
              }
            ],
            "title": "Refresh Token"
          }
        },
        "title": "RefreshIn",
        "type": "object"
      },
      {
        "type": "null"
      }
    ],
    "title": "Body"
  },
  "POST /api/v1/auth/register": {
    "additionalProperties": false,
    "description": "A new account.",
    "properties": {
      "name": {
        "default": "",
        "maxLength": 64,
        "title": "Name",
        "type": "string"
      },
      "password": {
        "format": "password",
        "maxLength": 512,
        "title": "Password",
        "type": "string",
        "writeOnly": true
      },
      "session": {
        "default": "token",
        "enum": [
          "token",
          "cookie"
        ],
        "title": "Session",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 64,
        "title": "Username",
        "type": "string"
      }
    },
    "required": [
      "username",
      "password"
    ],
    "title": "RegisterIn",
    "type": "object"
  },
  "POST /api/v1/bildirimler/okundu": {
    "description": "Which notifications were read; none named means all.",
    "properties": {
      "idler": {
        "anyOf": [
          {
            "items": {
              "pattern": "^[A-Za-z0-9._-]{1,64}$",
              "type": "string"
            },
            "maxItems": 500,
            "type": "array"
          },
          {
            "type": "null"
          }
        ],
        "title": "Idler"
      }
    },
    "title": "ReadIn",
    "type": "object"
  },
  "POST /api/v1/mesaj/gonder": {
    "description": "Something to say; the same `istemci_id` again is the same message.",
    "properties": {
      "icerik": {
        "maxLength": 16000,
        "title": "Icerik",
        "type": "string"
      },
      "istemci_id": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Istemci Id"
      },
      "oda_id": {
        "pattern": "^[A-Za-z0-9._-]{1,64}$",
        "title": "Oda Id",
        "type": "string"
      },
      "yanit": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Yanit"
      }
    },
    "required": [
      "oda_id",
      "icerik"
    ],
    "title": "SendIn",
    "type": "object"
  },
  "PATCH /api/v1/settings/{section}": {
    "additionalProperties": true,
    "title": "Changes",
    "type": "object"
  },
  "POST /api/v1/sohbet/davet-kabul": {
    "description": "An invitation's code.",
    "properties": {
      "kod": {
        "maxLength": 128,
        "minLength": 1,
        "title": "Kod",
        "type": "string"
      }
    },
    "required": [
      "kod"
    ],
    "title": "AcceptIn",
    "type": "object"
  },
  "POST /api/v1/sohbet/oda-olustur": {
    "description": "A room to open; without `oda_id` one is made from the title.",
    "properties": {
      "baslik": {
        "anyOf": [
          {
            "maxLength": 200,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Baslik"
      },
      "konu": {
        "default": "",
        "maxLength": 1000,
        "title": "Konu",
        "type": "string"
      },
      "oda_id": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Oda Id"
      },
      "tur": {
        "description": "Who may see a room: everyone, or its members.",
        "enum": [
          "genel",
          "ozel"
        ],
        "title": "RoomKind",
        "type": "string"
      }
    },
    "title": "RoomIn",
    "type": "object"
  },
  "PATCH /api/v1/sohbet/odalar/{oda_id}": {
    "description": "What to change of a room.",
    "properties": {
      "baslik": {
        "anyOf": [
          {
            "maxLength": 200,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Baslik"
      },
      "konu": {
        "anyOf": [
          {
            "maxLength": 1000,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Konu"
      }
    },
    "title": "RoomChange",
    "type": "object"
  },
  "POST /api/v1/sohbet/odalar/{oda_id}/davetler": {
    "description": "A way into a room: for one user, or a code for whoever holds it.",
    "properties": {
      "azami_kullanim": {
        "default": 25,
        "maximum": 10000,
        "minimum": 1,
        "title": "Azami Kullanim",
        "type": "integer"
      },
      "gecerlilik_saat": {
        "anyOf": [
          {
            "maximum": 8760,
            "minimum": 1,
            "type": "integer"
          },
          {
            "type": "null"
          }
        ],
        "title": "Gecerlilik Saat"
      },
      "kullanici_id": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Kullanici Id"
      }
    },
    "title": "InvitationIn",
    "type": "object"
  },
  "PUT /api/v1/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}": {
    "description": "A standing in a room.",
    "properties": {
      "rol": {
        "description": "A member's standing in one room.",
        "enum": [
          "sahip",
          "moderator",
          "uye"
        ],
        "title": "RoomRole",
        "type": "string"
      }
    },
    "required": [
      "rol"
    ],
    "title": "RoleIn",
    "type": "object"
  },
  "POST /api/v1/users": {
    "additionalProperties": false,
    "description": "A user to add; with no password one is made.",
    "properties": {
      "name": {
        "default": "",
        "maxLength": 64,
        "title": "Name",
        "type": "string"
      },
      "password": {
        "anyOf": [
          {
            "format": "password",
            "maxLength": 512,
            "type": "string",
            "writeOnly": true
          },
          {
            "type": "null"
          }
        ],
        "title": "Password"
      },
      "role": {
        "description": "A user's standing on the square; each includes the one after it.",
        "enum": [
          "owner",
          "admin",
          "moderator",
          "member",
          "guest"
        ],
        "title": "Role",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 64,
        "title": "Username",
        "type": "string"
      }
    },
    "required": [
      "username"
    ],
    "title": "UserIn",
    "type": "object"
  },
  "PATCH /api/v1/users/{user_id}": {
    "additionalProperties": false,
    "description": "What is changed about another user.",
    "properties": {
      "active": {
        "anyOf": [
          {
            "type": "boolean"
          },
          {
            "type": "null"
          }
        ],
        "title": "Active"
      },
      "role": {
        "anyOf": [
          {
            "description": "A user's standing on the square; each includes the one after it.",
            "enum": [
              "owner",
              "admin",
              "moderator",
              "member",
              "guest"
            ],
            "title": "Role",
            "type": "string"
          },
          {
            "type": "null"
          }
        ]
      }
    },
    "title": "UserChange",
    "type": "object"
  }
} as const;
