"""Who may ask what: passwords, hosts, the SQL sandbox."""
