{ replicas: 2 }
